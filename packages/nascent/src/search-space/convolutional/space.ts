import { assertNever } from '../../assert-never.ts';
import type { Ask, Asking } from '../ask.ts';
import { anchor, choice } from '../decision.ts';
import type { SpaceOptions } from '../sample.ts';
import type { ArgumentSchedule, SearchSpace } from '../space.ts';
import { defineSpace } from '../space.ts';
import type { ConvolutionalArchitecture, LayerKind } from './architecture.ts';
import { describeConvolutional } from './description.ts';
import { LayerGraph, type UnwiredLayer } from './layer-graph.ts';
import {
  type ConvolutionalOptions,
  type ConvolutionalSettings,
  changedOptions,
  parseConvolutionalOptions,
} from './options.ts';
import { convolutionalSize } from './size.ts';

/** 6 layers, 2 more every 1,600 samples (Zoph & Le 2017, §4.1). */
const PAPER_SCHEDULE: ArgumentSchedule = { argument: 'layers', start: 6, add: 2, every: 1600 };

/** A space of convolutional networks; `layers` is how many are predicted (of a space with blocks: blocks). */
export type ConvolutionalSpace = SearchSpace<ConvolutionalArchitecture, { layers: number }>;

/**
 * The CNN space of Zoph & Le 2017, §3.1 and §3.3.
 *
 * Asked first of all is the learning rate, if it is to be predicted; then, for each of `layers` layers, in this
 * order, its type, what that type needs (a convolution: filter height and width, strides, number of filters, batch
 * normalisation; a pooling: window, stride), and its skip connections, those of the first layer too. What has only
 * one possible answer is neither declared nor asked, except the sizes and number of filters. By default only those
 * are asked.
 *
 * @param options from code, a config file or a token string; checked here
 * @throws SpaceOptionsError
 */
export function convolutional(options: ConvolutionalOptions | SpaceOptions = {}): ConvolutionalSpace {
  return convolutionalSpace('convolutional', {}, options);
}

/**
 * A space like `convolutional` under another name.
 * @param base the defaults that go with this name
 */
export function convolutionalSpace(
  name: string,
  base: ConvolutionalOptions,
  options: ConvolutionalOptions | SpaceOptions,
): ConvolutionalSpace {
  const settings = parseConvolutionalOptions({ ...base, ...options }, name);
  const { learningRate, layerTypes, skips, blockLayers, poolAfter } = settings;
  return defineSpace({
    name,
    version: 1,
    decisions: decisionsOf(settings),
    arguments: { layers: { integer: true, minimum: 1 } },
    options: changedOptions(settings, parseConvolutionalOptions(base, name)),
    *program(ask, args: { layers: number }) {
      const rate = learningRate.length === 0 ? null : yield* oneOf(learningRate, () => ask.learningRate());
      const graph = new LayerGraph(blockLayers, poolAfter);
      for (let i = 0; i < args.layers; i++) {
        const kind = yield* oneOf(layerTypes, () => ask.layerType());
        const layer = yield* askLayer(kind, settings, ask);
        graph.add(layer, skips ? yield* ask.skip(i) : chain(i));
      }
      return graph.architecture(rate);
    },
    schedule: PAPER_SCHEDULE,
    size: ({ layers }) => convolutionalSize(settings, layers),
    describe: describeConvolutional,
  });
}

/** Every decision of the family, in the order in which a layer asks. */
function allDecisions(settings: ConvolutionalSettings) {
  return {
    learningRate: choice(settings.learningRate),
    layerType: choice(settings.layerTypes),
    filterHeight: choice(settings.filterHeight),
    filterWidth: choice(settings.filterWidth),
    strideHeight: choice(settings.stride),
    strideWidth: choice(settings.stride),
    filterCount: choice(settings.filterCount),
    batchNorm: choice(settings.batchNorm),
    poolWindow: choice(settings.poolWindow),
    poolStride: choice(settings.poolStride),
    contrastWindow: choice(settings.contrastWindow),
    skip: anchor(),
  };
}

type Declared = ReturnType<typeof allDecisions>;

/** The decisions that a space with these settings asks: its controller has heads for no others. */
function decisionsOf(settings: ConvolutionalSettings): Declared {
  const offers = (...kinds: readonly LayerKind[]) => kinds.some((kind) => settings.layerTypes.includes(kind));
  const convolves = offers('convolution', 'separable-convolution');
  const pools = offers('max-pooling', 'average-pooling');
  const asked: Readonly<Record<keyof Declared, boolean>> = {
    learningRate: settings.learningRate.length > 1,
    layerType: settings.layerTypes.length > 1,
    filterHeight: convolves,
    filterWidth: convolves,
    strideHeight: convolves && settings.stride.length > 1,
    strideWidth: convolves && settings.stride.length > 1,
    filterCount: convolves,
    batchNorm: convolves && settings.batchNorm.length > 1,
    poolWindow: pools && settings.poolWindow.length > 1,
    poolStride: pools && settings.poolStride.length > 1,
    contrastWindow: offers('contrast-normalisation') && settings.contrastWindow.length > 1,
    skip: settings.skips,
  };
  const declared = Object.entries(allDecisions(settings)).filter(([name]) => asked[name as keyof Declared]);
  // Those left out are never asked; asking one would throw.
  return Object.fromEntries(declared) as Declared;
}

/** Asks, unless there is nothing to choose. */
function* oneOf<V>(options: readonly V[], ask: () => Asking<V>): Asking<V> {
  const [only] = options;
  return options.length === 1 && only !== undefined ? only : yield* ask();
}

function* askLayer(
  kind: LayerKind,
  settings: ConvolutionalSettings,
  ask: Ask<Declared>,
): Asking<UnwiredLayer> {
  switch (kind) {
    case 'convolution':
    case 'separable-convolution':
      return {
        kind,
        filterHeight: yield* ask.filterHeight(),
        filterWidth: yield* ask.filterWidth(),
        strideHeight: yield* oneOf(settings.stride, () => ask.strideHeight()),
        strideWidth: yield* oneOf(settings.stride, () => ask.strideWidth()),
        filterCount: yield* ask.filterCount(),
        batchNorm: yield* oneOf(settings.batchNorm, () => ask.batchNorm()),
      };
    case 'max-pooling':
    case 'average-pooling': {
      const side = yield* oneOf(settings.poolWindow, () => ask.poolWindow());
      const stride = yield* oneOf(settings.poolStride, () => ask.poolStride());
      return { kind, windowHeight: side, windowWidth: side, strideHeight: stride, strideWidth: stride };
    }
    case 'contrast-normalisation': {
      const side = yield* oneOf(settings.contrastWindow, () => ask.contrastWindow());
      return { kind, windowHeight: side, windowWidth: side };
    }
    case 'identity':
      return { kind };
    default:
      return assertNever(kind);
  }
}

/** Without skip connections each layer reads the one before, the first the image. */
function chain(i: number): readonly number[] {
  return i === 0 ? [] : [i - 1];
}
