import type { ModelFacts } from '../../../child/model-file.ts';
import { CONTRAST_EPSILON } from '../../../child/network/contrast-normalisation.ts';
import type { Preprocessing } from '../../../dataset/preprocessing.ts';
import { planNetwork } from '../../../search-space/index.ts';
import { nascentVersion } from '../../../version.ts';
import { importsFor, plain } from '../python-text.ts';
import { blocksFor } from './blocks.ts';
import { networkClass } from './network-class.ts';

/**
 * A finished network as one Python file for PyTorch 1.13 and later, without its weights: `load()` in it reads them
 * from a safetensors file, by default `model.safetensors` beside it. Its layers carry the numbers of the drawing, and
 * its state dict the names of ours.
 * @param title what the network is called, one line
 */
export function pytorchSource(facts: ModelFacts, title: string): string {
  const plan = planNetwork(facts.architecture, facts.image);
  const readers = [...facts.architecture.layers.map((layer) => layer.inputs), facts.architecture.outputs];
  const blocks = blocksFor(new Set(facts.architecture.layers.map((layer) => layer.kind)), {
    joins: readers.some((sources) => sources.length > 1),
    contrastEpsilon: CONTRAST_EPSILON,
  });
  const { channels, height, width } = facts.image;
  const body = [
    ...blocks,
    networkClass(plan, facts.preprocessing),
    LOAD,
    mainProgram(`1, ${channels}, ${height}, ${width}`),
  ].join('\n\n\n');
  const head = [docstring(facts, title, plan.parameters), importsFor(body), constants(facts, body)];
  return `${head.join('\n\n')}\n\n\n${body}\n`;
}

function docstring({ dataset, datasetChecksum, image }: ModelFacts, title: string, parameters: number) {
  return `"""${plain(title)}: a convolutional network of ${parameters.toLocaleString('en')} parameters.

Written by Nascent ${nascentVersion()} (\`nascent export\`). Trained on ${plain(dataset)}, whose images have the SHA-256
${datasetChecksum}. The weights are in
model.safetensors beside this file; its metadata hold the architecture as JSON and its token string.

    from model import CLASSES, load

    network = load()              # in evaluation mode
    logits = network(images)      # float32 [batch, ${image.channels}, ${image.height}, ${image.width}], pixels scaled to 0-1

\`python3 model.py\` prints the size of every layer. Layers are numbered as in the drawing (\`nascent show\`), and
described as in figure 7 of Zoph & Le 2017: FH filter height, FW filter width, N number of filters, SH and SW strides.
"""`;
}

function constants({ classNames, batchNormEpsilon, preprocessing }: ModelFacts, body: string): string {
  return [
    `CLASSES = ${tuple(classNames.map((name) => JSON.stringify(name)))}`,
    ...(body.includes('BATCH_NORM_EPSILON') ? [`BATCH_NORM_EPSILON = ${batchNormEpsilon}`] : []),
    ...whiteningConstants(preprocessing),
  ].join('\n');
}

function whiteningConstants(preprocessing: Preprocessing): readonly string[] {
  if (preprocessing.kind === 'per-image') return [];
  const { mean, deviation } = preprocessing;
  return [
    '# Of the pixels of the training images, scaled to 0-1.',
    `CHANNEL_MEAN = ${tuple(mean.map(String))}`,
    `CHANNEL_DEVIATION = ${tuple(deviation.map(String))}`,
  ];
}

function tuple(items: readonly string[]): string {
  const line = `(${items.join(', ')}${items.length === 1 ? ',' : ''})`;
  return line.length <= 100 ? line : `(\n${items.map((item) => `    ${item},\n`).join('')})`;
}

const LOAD = `def load(path=Path(__file__).with_name("model.safetensors")):
    """The trained network, in evaluation mode."""
    network = Network()
    network.load_state_dict(read_safetensors(path))
    return network.eval()`;

function mainProgram(shape: string): string {
  return `def main():
    network = load()
    parts = {f"layer {number}": layer for number, layer in network.layers.items()}
    parts["classifier"] = network.classifier
    for name, part in parts.items():

        def report(_, inputs, output, name=name):
            sizes = ["x".join(str(length) for length in tensor.shape[1:]) for tensor in (inputs[0], output)]
            print(f"{name:12} {sizes[0]:>12} -> {sizes[1]}")

        part.register_forward_hook(report)
    with torch.no_grad():
        network(torch.zeros(${shape}))
    print(f"{sum(parameter.numel() for parameter in network.parameters()):,} parameters")


if __name__ == "__main__":
    main()`;
}
