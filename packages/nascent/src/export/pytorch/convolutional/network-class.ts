import { assertNever } from '../../../assert-never.ts';
import type { Preprocessing } from '../../../dataset/preprocessing.ts';
import type { ConvolutionalLayer, Extent, NetworkPlan, PlannedLayer } from '../../../search-space/index.ts';

/** Columns of a Python line. */
const WIDTH = 110;

/** The class of the network: whitening, layers by number, and forward with one line for each layer. */
export function networkClass(plan: NetworkPlan, preprocessing: Preprocessing): string {
  const { image, classifier } = plan;
  const size = `${image.channels}, ${image.height}, ${image.width}`;
  return [
    'class Network(nn.Module):',
    `    """Images [batch, ${size}], pixels scaled to 0-1 -> logits [batch, ${image.classes}]."""`,
    '',
    '    def __init__(self):',
    '        super().__init__()',
    ...(preprocessing.kind === 'per-channel'
      ? [
          '        for name, values in (("mean", CHANNEL_MEAN), ("deviation", CHANNEL_DEVIATION)):',
          '            column = torch.tensor(values, dtype=torch.float32).view(1, -1, 1, 1)',
          '            self.register_buffer(name, column, persistent=False)  # not in the state dict',
        ]
      : []),
    '        self.layers = nn.ModuleDict({',
    ...plan.layers.flatMap((planned, i) => layerLines(planned, i + 1)),
    '        })',
    `        self.classifier = nn.Linear(${classifier.input.channels}, ${image.classes})`,
    '',
    '    def forward(self, images):',
    ...whiteningLines(preprocessing),
    ...plan.layers.flatMap(({ layer }, i) =>
      callLines(`layer${i + 1} = self.layers["${i + 1}"](`, layer.inputs, ')'),
    ),
    ...callLines(
      'features = ',
      classifier.inputs.map(({ source }) => source),
      '',
    ),
    '        return self.classifier(features.mean(dim=(2, 3)))  # global average pooling',
  ].join('\n');
}

/** A layer of the dictionary under a comment in the words of the paper's figure. */
function layerLines({ layer, input, output }: PlannedLayer, number: number): readonly string[] {
  const shape = ({ channels, height, width }: Extent): string => `${channels}x${height}x${width}`;
  return [
    `            # ${captionOf(layer)}; ${shape(input)} -> ${shape(output)}`,
    `            "${number}": ${construction(layer, input)},`,
  ];
}

/** FH, FW, N as in figure 7 of the paper; SH, SW are strides (§4.1). */
function captionOf(layer: ConvolutionalLayer): string {
  switch (layer.kind) {
    case 'convolution':
    case 'separable-convolution': {
      const { filterHeight, filterWidth, filterCount, strideHeight, strideWidth } = layer;
      const stride = strideHeight * strideWidth === 1 ? '' : `, SH: ${strideHeight}, SW: ${strideWidth}`;
      return `FH: ${filterHeight}, FW: ${filterWidth}, N: ${filterCount}${stride}`;
    }
    default:
      return layer.kind.replaceAll('-', ' ');
  }
}

function construction(layer: ConvolutionalLayer, input: Extent): string {
  switch (layer.kind) {
    case 'convolution':
    case 'separable-convolution': {
      const { filterHeight, filterWidth, filterCount, strideHeight, strideWidth, batchNorm } = layer;
      const name = layer.kind === 'convolution' ? 'Convolution' : 'SeparableConvolution';
      const stride = strideHeight * strideWidth === 1 ? '' : `, stride=(${strideHeight}, ${strideWidth})`;
      const norm = batchNorm ? '' : ', batch_norm=False';
      return `${name}(${input.channels}, ${filterCount}, kernel=(${filterHeight}, ${filterWidth})${stride}${norm})`;
    }
    case 'max-pooling':
    case 'average-pooling': {
      const { windowHeight, windowWidth, strideHeight, strideWidth } = layer;
      const name = layer.kind === 'max-pooling' ? 'MaxPooling' : 'AveragePooling';
      return `${name}(window=(${windowHeight}, ${windowWidth}), stride=(${strideHeight}, ${strideWidth}))`;
    }
    case 'contrast-normalisation':
      return `ContrastNormalisation(window=(${layer.windowHeight}, ${layer.windowWidth}))`;
    case 'identity':
      return 'nn.Identity()';
    default:
      return assertNever(layer);
  }
}

function whiteningLines(preprocessing: Preprocessing): readonly string[] {
  switch (preprocessing.kind) {
    case 'per-channel':
      return ['        image = (images - self.mean) / self.deviation'];
    case 'per-image':
      return [
        '        # Every image by itself.',
        '        mean = images.mean(dim=(1, 2, 3), keepdim=True)',
        '        deviation = images.std(dim=(1, 2, 3), unbiased=False, keepdim=True)',
        '        image = (images - mean) / deviation.clamp(min=math.prod(images.shape[1:]) ** -0.5)',
      ];
    default:
      return assertNever(preprocessing);
  }
}

/** `before` + what is read + `after`, in as many lines as it takes. */
function callLines(before: string, sources: readonly number[], after: string): readonly string[] {
  const indent = '        ';
  const names = sources.map((source) => (source === 0 ? 'image' : `layer${source}`));
  if (names.length === 1) return [`${indent}${before}${names[0]}${after}`];
  const whole = `${indent}${before}concat(${names.join(', ')})${after}`;
  if (whole.length <= WIDTH) return [whole];
  return [`${indent}${before}concat(`, ...filled(names, `${indent}    `), `${indent})${after}`];
}

/** The words in full lines, each followed by a comma. */
function filled(words: readonly string[], indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    const longer = line === indent ? `${line}${word},` : `${line} ${word},`;
    if (longer.length > WIDTH) {
      lines.push(line);
      line = `${indent}${word},`;
    } else line = longer;
  }
  return [...lines, line];
}
