import { assertNever } from '../../assert-never.ts';
import type { Answer, Decisions, OptionValue, Question } from '../decision.ts';
import type { Sample } from '../sample.ts';
import { encodeSample } from '../tokens.ts';
import { type ConvolutionalLayer, IMAGE } from './architecture.ts';
import type { UnwiredLayer } from './layer-graph.ts';
import { convolutionalPresets } from './presets.ts';
import { type ConvolutionalSpace, convolutionalSpace } from './space.ts';

/** A network that was known before any search. */
export interface KnownNetwork {
  /** Of the space `cnn-full`. */
  readonly tokens: string;
  readonly about: string;
}

const FULL = convolutionalSpace('cnn-full', convolutionalPresets.get('cnn-full')?.options ?? {}, {});

const HALVING_POOL: UnwiredLayer = {
  kind: 'max-pooling',
  windowHeight: 2,
  windowWidth: 2,
  strideHeight: 2,
  strideWidth: 2,
};

/**
 * Stages of 3×3 convolutions, a 2×2 max pooling between them (after Simonyan & Zisserman 2015). We differ: batch
 * normalisation, fewer filters, and global average pooling in the place of fully connected layers.
 */
export function vggLike(): readonly ConvolutionalLayer[] {
  const stages = [
    [24, 24],
    [48, 48],
    [64, 64, 64],
    [64, 64, 64],
  ];
  const layers = stages.flatMap((filters, stage): readonly UnwiredLayer[] => [
    ...(stage === 0 ? [] : [HALVING_POOL]),
    ...filters.map((filterCount) => convolution(3, filterCount)),
  ]);
  return layers.map((layer, i) => ({ ...layer, inputs: [i] }));
}

/**
 * Three stages of blocks of two 3×3 convolutions with shortcuts around them (after He et al. 2016); where a stage
 * halves the image, the shortcut is a 1×1 convolution of stride 2. We differ: the space joins along depth, so
 * where a residual network adds a block's output to what went into it, here both are read side by side.
 */
export function resnetLike(): readonly ConvolutionalLayer[] {
  const layers: ConvolutionalLayer[] = [];
  const add = (layer: UnwiredLayer, inputs: readonly number[]): number =>
    layers.push({ ...layer, inputs: inputs.toSorted((a, b) => a - b) });
  const block = (filters: number, stride: number, inputs: readonly number[]): number =>
    add(convolution(3, filters), [add(convolution(3, filters, stride), inputs)]);

  // What the next block reads: outputs whose sum it would be in a residual network.
  let stream: readonly number[] = [add(convolution(3, 24), [IMAGE])];
  for (const [stage, filters] of [24, 48, 64].entries()) {
    stream =
      stage === 0
        ? [...stream, block(filters, 1, stream)]
        : [block(filters, 2, stream), add(convolution(1, filters, 2), stream)];
    stream = [...stream, block(filters, 1, stream)];
  }
  // Otherwise the classifier would read the last block alone, the only output that no layer reads.
  add({ kind: 'identity' }, stream);
  return layers;
}

/** Baselines by name, for images of 32 × 32 pixels or so: a start for a search, or a network to compare with. */
export const knownNetworks: ReadonlyMap<string, KnownNetwork> = new Map([
  [
    'vgg-like',
    {
      tokens: encodeSample(sampleOf(FULL, vggLike()), FULL),
      about: 'a chain of 3×3 convolutions, max pooling between its stages',
    },
  ],
  [
    'resnet-like',
    {
      tokens: encodeSample(sampleOf(FULL, resnetLike()), FULL),
      about:
        'blocks of two 3×3 convolutions with shortcuts, joined along depth where a residual network adds',
    },
  ],
]);

function convolution(side: number, filterCount: number, stride = 1): UnwiredLayer {
  return {
    kind: 'convolution',
    filterHeight: side,
    filterWidth: side,
    strideHeight: stride,
    strideWidth: stride,
    filterCount,
    batchNorm: true,
  };
}

/** The sample of a space with skip connections and without blocks that decodes to these layers. */
function sampleOf(space: ConvolutionalSpace, layers: readonly ConvolutionalLayer[]): Sample {
  const dialogue = space.start({ layers: layers.length });
  for (const layer of layers) {
    let asked: Question['kind'];
    do {
      const { question } = dialogue;
      if (question === null) throw new RangeError('the space has no question left for a layer');
      dialogue.answer(answerFor(question, layer, space.decisions));
      asked = question.kind;
    } while (asked !== 'anchor');
  }
  return dialogue.sample();
}

function answerFor(question: Question, layer: ConvolutionalLayer, decisions: Decisions): Answer {
  const { decision } = question;
  if (question.kind === 'anchor') {
    return { kind: 'anchor', decision, chosen: layer.inputs.filter((i) => i !== IMAGE).map((i) => i - 1) };
  }
  const declared = decisions[decision];
  const answer = answersOf(layer)[decision];
  const index = declared?.kind === 'choice' && answer !== undefined ? declared.options.indexOf(answer) : -1;
  return { kind: 'choice', decision, index };
}

/** By decision, what a layer answers. */
function answersOf(layer: ConvolutionalLayer): Readonly<Record<string, OptionValue>> {
  const { kind } = layer;
  switch (kind) {
    case 'convolution':
    case 'separable-convolution': {
      const { inputs, kind: layerType, ...answers } = layer;
      return { layerType, ...answers };
    }
    case 'max-pooling':
    case 'average-pooling':
      return { layerType: kind, poolWindow: layer.windowHeight, poolStride: layer.strideHeight };
    case 'contrast-normalisation':
      return { layerType: kind, contrastWindow: layer.windowHeight };
    case 'identity':
      return { layerType: kind };
    default:
      return assertNever(layer);
  }
}
