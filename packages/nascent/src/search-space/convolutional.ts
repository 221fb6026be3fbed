import { z } from 'zod';
import type { ConvolutionalArchitecture, ConvolutionLayer } from './convolutional-architecture.ts';
import { describeConvolutional } from './convolutional-description.ts';
import { choice } from './decision.ts';
import { SpaceOptionsError } from './errors.ts';
import type { SpaceOptions } from './sample.ts';
import type { SearchSpace } from './space.ts';
import { defineSpace } from './space.ts';

/** The option lists of Zoph & Le 2017, §4.1. */
const DEFAULTS = {
  filterHeight: [1, 3, 5, 7],
  filterWidth: [1, 3, 5, 7],
  filterCount: [24, 36, 48, 64],
} as const satisfies Record<string, readonly number[]>;

const optionList = z
  .array(z.int('is not an integer').positive('is not positive'))
  .min(1, 'is empty: give at least one')
  .refine((list) => new Set(list).size === list.length, 'has the same number twice')
  .readonly();

const optionsSchema = z.strictObject({
  filterHeight: optionList.default(DEFAULTS.filterHeight),
  filterWidth: optionList.default(DEFAULTS.filterWidth),
  filterCount: optionList.default(DEFAULTS.filterCount),
});

/** Lists of positive integers without duplicates; those left out are the paper's. */
export interface ConvolutionalOptions {
  readonly filterHeight?: readonly number[];
  readonly filterWidth?: readonly number[];
  readonly filterCount?: readonly number[];
}

/**
 * The CNN space of Zoph & Le 2017, §3.1, with stride 1 and without skip connections: a chain of `layers`
 * convolutions; for each, in this order, filter height, filter width, number of filters.
 *
 * @param options from code, a config file or a token string; checked here
 * @throws SpaceOptionsError
 */
export function convolutional(
  options: ConvolutionalOptions | SpaceOptions = {},
): SearchSpace<ConvolutionalArchitecture, { layers: number }> {
  const { filterHeight, filterWidth, filterCount } = parseOptions(options);
  const decisions = {
    filterHeight: choice(filterHeight),
    filterWidth: choice(filterWidth),
    filterCount: choice(filterCount),
  };
  const choicesPerLayer = filterHeight.length * filterWidth.length * filterCount.length;
  return defineSpace({
    name: 'convolutional',
    version: 1,
    decisions,
    arguments: { layers: { integer: true, minimum: 1 } },
    options: changedOptions({ filterHeight, filterWidth, filterCount }),
    *program(ask, args: { layers: number }) {
      const layers: ConvolutionLayer[] = [];
      for (let i = 0; i < args.layers; i++) {
        layers.push({
          kind: 'convolution',
          filterHeight: yield* ask.filterHeight(),
          filterWidth: yield* ask.filterWidth(),
          strideHeight: 1,
          strideWidth: 1,
          filterCount: yield* ask.filterCount(),
        });
      }
      const architecture: ConvolutionalArchitecture = { kind: 'convolutional', version: 1, layers };
      return architecture;
    },
    size: ({ layers }) => BigInt(choicesPerLayer) ** BigInt(layers),
    describe: describeConvolutional,
  });
}

type OptionLists = Readonly<Record<keyof typeof DEFAULTS, readonly number[]>>;

function parseOptions(options: unknown): OptionLists {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new SpaceOptionsError(
    `The options of space convolutional are wrong:\n${z.prettifyError(parsed.error)}\n` +
      `Its options are ${Object.keys(DEFAULTS).join(', ')}: lists of positive integers.`,
    { cause: parsed.error },
  );
}

/** Order counts: an answer is an index into its list. */
function changedOptions(lists: OptionLists): SpaceOptions {
  const changed = Object.entries(DEFAULTS)
    .map(([name, defaults]) => ({ name, defaults, list: lists[name as keyof OptionLists] }))
    .filter(({ defaults, list }) => String(defaults) !== String(list));
  return Object.fromEntries(changed.map(({ name, list }) => [name, list]));
}
