import { z } from 'zod';
import { choice } from '../decision.ts';
import { SpaceOptionsError } from '../errors.ts';
import type { SpaceOptions } from '../sample.ts';
import type { SearchSpace } from '../space.ts';
import { defineSpace } from '../space.ts';
import {
  ACTIVATIONS,
  type Activation,
  type CellNode,
  COMBINATIONS,
  type Combination,
  NATIVE_CELLS,
  type NativeCellArchitecture,
  type RecurrentCellArchitecture,
} from './architecture.ts';
import { isBase } from './tree.ts';

export interface RecurrentCellOptions {
  /** Leaves of the tree: 2, 4, 8, … 64; 8 by default. */
  readonly base?: number;
  /** `add` and `elem_mult` by default. */
  readonly combinations?: readonly Combination[];
  /** `identity`, `tanh`, `sigmoid` and `relu` by default. */
  readonly activations?: readonly Activation[];
}

export type RecurrentCellSpace = SearchSpace<RecurrentCellArchitecture>;

function listOf<const T extends readonly string[]>(values: T) {
  return z
    .array(z.enum(values))
    .min(1, 'is empty: give at least one')
    .refine((list) => new Set(list).size === list.length, 'has the same one twice')
    .readonly();
}

/** Defaults: Zoph & Le 2017, §4.2. */
const optionsSchema = z.strictObject({
  base: z.number().refine(isBase, 'is not a power of two from 2 to 64').default(8),
  combinations: listOf(COMBINATIONS).default(['add', 'elem_mult']),
  activations: listOf(ACTIVATIONS).default(['identity', 'tanh', 'sigmoid', 'relu']),
});

const DEFAULTS = optionsSchema.parse({});

/** The lists of control experiment 1 (Zoph & Le 2017, §4.2): `max` and `sin` added. */
export const LARGER_LISTS = {
  combinations: [...DEFAULTS.combinations, 'max'],
  activations: [...DEFAULTS.activations, 'sin'],
} as const satisfies RecurrentCellOptions;

/**
 * The space of recurrent cells (Zoph & Le 2017, §3.4).
 *
 * Asked are, for each node in index order, its combination and its activation; then those of the cell inject; then
 * the two cell indices: which node c_t leaves from, and which one c_{t−1} enters at. Nodes and cell inject share two
 * decisions, as all layers of a convolutional network share theirs.
 *
 * Holds (|combinations|·|activations|)^(2b) · (2b−1)² cells: 36,864 for base 2, 6.3×10^16 for base 8.
 * @throws SpaceOptionsError
 */
export function recurrentCell(options: RecurrentCellOptions | SpaceOptions = {}): RecurrentCellSpace {
  const settings = parseOptions(options);
  const { base, combinations, activations } = settings;
  const count = 2 * base - 1;
  const indices = Array.from({ length: count }, (_, i) => i);
  return defineSpace({
    name: 'recurrent-cell',
    version: 1,
    decisions: {
      combination: choice(combinations),
      activation: choice(activations),
      cellIndex: choice(indices),
      injectIndex: choice(indices),
    },
    arguments: {},
    options: changed(settings),
    *program(ask) {
      const nodes: CellNode[] = [];
      for (let i = 0; i < count; i++)
        nodes.push({ combination: yield* ask.combination(), activation: yield* ask.activation() });
      const architecture: RecurrentCellArchitecture = {
        kind: 'recurrent-cell',
        version: 1,
        base,
        nodes,
        inject: { combination: yield* ask.combination(), activation: yield* ask.activation() },
        cellIndex: yield* ask.cellIndex(),
        injectIndex: yield* ask.injectIndex(),
      };
      return architecture;
    },
    size: () => BigInt(combinations.length * activations.length) ** BigInt(count + 1) * BigInt(count ** 2),
  });
}

/**
 * The layers to compare cells with, as a space of two: it gives them a token string and lets a study, with the
 * strategy `grid`, train both.
 * @throws SpaceOptionsError where options are given
 */
export function nativeCell(options: SpaceOptions = {}): SearchSpace<NativeCellArchitecture> {
  const given = Object.keys(options);
  if (given.length > 0) {
    throw new SpaceOptionsError(
      `The space native-cell was given ${given.join(', ')}, but has no options. Leave options out.`,
    );
  }
  return defineSpace({
    name: 'native-cell',
    version: 1,
    decisions: { cell: choice(NATIVE_CELLS) },
    arguments: {},
    *program(ask) {
      const architecture: NativeCellArchitecture = {
        kind: 'native-cell',
        version: 1,
        cell: yield* ask.cell(),
      };
      return architecture;
    },
    size: () => BigInt(NATIVE_CELLS.length),
  });
}

type Settings = z.output<typeof optionsSchema>;

function parseOptions(options: unknown): Settings {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new SpaceOptionsError(
    `The options of space recurrent-cell are wrong:\n${z.prettifyError(parsed.error)}\n` +
      `Its options are ${Object.keys(optionsSchema.shape).join(', ')}.`,
    { cause: parsed.error },
  );
}

/** The options that are not the defaults. Order counts: an answer is an index into its list. */
function changed(settings: Settings): SpaceOptions {
  const defaults: Readonly<Record<string, unknown>> = DEFAULTS;
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([name, value]) => JSON.stringify(defaults[name]) !== JSON.stringify(value),
    ),
  );
}
