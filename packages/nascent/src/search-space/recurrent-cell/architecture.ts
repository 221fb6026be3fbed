import { z } from 'zod';
import { InvalidArchitectureError } from '../errors.ts';
import { isBase } from './tree.ts';

/** How a node joins its two values, element by element. `add` and `elem_mult` are the paper's (§3.4). */
export const COMBINATIONS = ['add', 'elem_mult', 'max'] as const;
export type Combination = (typeof COMBINATIONS)[number];

/** What a node does with the joined value. All but `sin` are the paper's (§3.4). */
export const ACTIVATIONS = ['identity', 'tanh', 'sigmoid', 'relu', 'sin'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export interface CellNode {
  readonly combination: Combination;
  readonly activation: Activation;
}

/**
 * A recurrent cell: a tree over x_t and h_{t−1}, and where the memory c enters and leaves it (Zoph & Le 2017, §3.4).
 *
 * With base b there are b leaves, nodes 0 to b−1, then b−1 internal nodes level by level; the last is the root.
 *
 * - a leaf is act(W x_t ∘ U h_{t−1}), with a W and a U of its own and no bias;
 * - an internal node is act(left ∘ right), without parameters;
 * - what later nodes read of node `injectIndex`, and h_t if that is the root, is act_inject(value ∘_inject c_{t−1});
 * - c_t is the value of node `cellIndex` before its activation and before any injection;
 * - h_t is the value of the root.
 *
 * Plain data with a version: it crosses process and store edges as JSON.
 */
export interface RecurrentCellArchitecture {
  readonly kind: 'recurrent-cell';
  readonly version: 1;
  readonly base: number;
  /** 2b−1 of them, in index order. */
  readonly nodes: readonly CellNode[];
  readonly inject: CellNode;
  readonly cellIndex: number;
  readonly injectIndex: number;
}

/** The paper's cells that libraries have: layers of PyTorch's `nn.LSTM` and `nn.GRU`, with their biases. */
export const NATIVE_CELLS = ['lstm', 'gru'] as const;
export type NativeCell = (typeof NATIVE_CELLS)[number];

/** A recurrent layer that the engine itself has: the baselines of a comparison. */
export interface NativeCellArchitecture {
  readonly kind: 'native-cell';
  readonly version: 1;
  readonly cell: NativeCell;
}

/** What a recurrent layer of a language model may be. */
export type RecurrentArchitecture = RecurrentCellArchitecture | NativeCellArchitecture;

const node = z.strictObject({ combination: z.enum(COMBINATIONS), activation: z.enum(ACTIVATIONS) });
const index = z.int().min(0);

const cellSchema = z
  .strictObject({
    kind: z.literal('recurrent-cell'),
    version: z.literal(1),
    base: z.int().refine(isBase, 'is not a power of two from 2 to 64'),
    nodes: z.array(node),
    inject: node,
    cellIndex: index,
    injectIndex: index,
  })
  .superRefine(({ base, nodes, cellIndex, injectIndex }, context) => {
    const count = 2 * base - 1;
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (nodes.length !== count)
      refuse('nodes', `has ${nodes.length} nodes; a cell of base ${base} has ${count}`);
    for (const [name, at] of Object.entries({ cellIndex, injectIndex }))
      if (at >= count) refuse(name, `is ${at}; the nodes of a cell of base ${base} are 0 to ${count - 1}`);
  });

const nativeSchema = z.strictObject({
  kind: z.literal('native-cell'),
  version: z.literal(1),
  cell: z.enum(NATIVE_CELLS),
});

/**
 * Reads a cell from outside (a store, a file, a message).
 * @throws InvalidArchitectureError naming the field: an index out of range, a wrong base, …
 */
export function parseRecurrentCell(data: unknown): RecurrentCellArchitecture {
  return checked('recurrent-cell', cellSchema, data);
}

/** @throws InvalidArchitectureError */
export function parseNativeCell(data: unknown): NativeCellArchitecture {
  return checked('native-cell', nativeSchema, data);
}

const tagged = z.looseObject({ kind: z.string() });

/** @throws InvalidArchitectureError */
export function parseRecurrentArchitecture(data: unknown): RecurrentArchitecture {
  const kind = tagged.safeParse(data).data?.kind;
  if (kind === 'recurrent-cell') return parseRecurrentCell(data);
  if (kind === 'native-cell') return parseNativeCell(data);
  throw new InvalidArchitectureError(
    `An architecture ${kind === undefined ? 'without a kind' : `of kind ${JSON.stringify(kind)}`} was given where a ` +
      'recurrent layer was expected. Use a space of recurrent cells: recurrent-cell, native-cell.',
  );
}

function checked<T>(kind: string, schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new InvalidArchitectureError(
    `An architecture of kind "${kind}" is malformed:\n${z.prettifyError(parsed.error)}`,
    { cause: parsed.error },
  );
}
