import { z } from 'zod';
import { choice } from '../decision.ts';
import { InvalidArchitectureError, SpaceOptionsError } from '../errors.ts';
import type { SpaceOptions } from '../sample.ts';
import type { SearchSpace } from '../space.ts';
import { defineSpace } from '../space.ts';
import { fieldsOfKind, shortJson } from './tagged-architecture.ts';

/** Cells in `ptb_cells_a.jsonl`, half of NAS-Bench-NLP. */
export const NAS_BENCH_NLP_CELLS = 7161;

/** Cells of one size class; the last class may have fewer. */
const CLASS_SIZE = 100;

const optionsSchema = z.strictObject({
  // Above the whole benchmark (14,322); every class of 100 cells is an option of the controller's softmax.
  cells: z.int().min(1).max(100_000).default(NAS_BENCH_NLP_CELLS),
});

/**
 * A cell of a fixed pool of recurrent cells. Cells are random graphs, so the pool is not enumerable by
 * decisions; a cell is named by its place in the pool instead.
 */
export interface NasBenchNlpArchitecture {
  readonly kind: 'nas-bench-nlp';
  /** Cells in the pool: a rank means nothing without it. */
  readonly cells: number;
  /** From 0, in order of parameters, then of id. */
  readonly rank: number;
}

/**
 * A fixed pool of recurrent cells of NAS-Bench-NLP (Klyuchnikov et al. 2020, arXiv 2006.07116) in order of their
 * parameters: `sizeClass` chooses a hundred of them, `member` one of these. Decodes without any file.
 * @param options `cells`: how many the pool has, 7,161 by default; whole number from 1 to 100,000
 * @throws SpaceOptionsError
 */
export function nasBenchNlp(
  options: { readonly cells?: number } | SpaceOptions = {},
): SearchSpace<NasBenchNlpArchitecture> {
  const cells = parseCells(options);
  const classes = Math.ceil(cells / CLASS_SIZE);
  const lastMembers = upTo(cells - (classes - 1) * CLASS_SIZE);
  return defineSpace({
    name: 'nas-bench-nlp',
    version: 1,
    decisions: { sizeClass: choice(upTo(classes)), member: choice(upTo(CLASS_SIZE)) },
    arguments: {},
    options: cells === NAS_BENCH_NLP_CELLS ? {} : { cells },
    *program(ask) {
      const sizeClass = yield* ask.sizeClass();
      const member = yield* ask.member(sizeClass === classes - 1 ? { only: lastMembers } : undefined);
      const architecture: NasBenchNlpArchitecture = {
        kind: 'nas-bench-nlp',
        cells,
        rank: CLASS_SIZE * sizeClass + member,
      };
      return architecture;
    },
    size: () => BigInt(cells),
  });
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function parseCells(options: unknown): number {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data.cells;
  throw new SpaceOptionsError(
    `The options of space nas-bench-nlp are wrong:\n${z.prettifyError(parsed.error)}\n` +
      'Its only option is cells: how many cells the pool has.',
    { cause: parsed.error },
  );
}

/**
 * Reads an architecture from outside (a store, a file, a message).
 * @throws InvalidArchitectureError
 */
export function parseNasBenchNlpArchitecture(data: unknown): NasBenchNlpArchitecture {
  const { cells, rank } = fieldsOfKind(data, 'nas-bench-nlp');
  if (isCount(cells) && isCount(rank) && rank < cells) return { kind: 'nas-bench-nlp', cells, rank };
  throw new InvalidArchitectureError(
    `An architecture of kind "nas-bench-nlp" has \`rank\` ${shortJson(rank)} and \`cells\` ${shortJson(cells)}. ` +
      'Expected whole numbers with 0 ≤ rank < cells.',
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
