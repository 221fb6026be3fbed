import { choice } from '../decision.ts';
import { InvalidArchitectureError } from '../errors.ts';
import type { SpaceOptions } from '../sample.ts';
import type { SearchSpace } from '../space.ts';
import { defineSpace } from '../space.ts';
import { describeNasBench201 } from './nas-bench-201-description.ts';
import { refuseOptions } from './refuse-options.ts';
import { fieldsOfKind, shortJson } from './tagged-architecture.ts';

/** The operations of an edge, in the official order (Dong & Yang 2020, §2.1). `none` is no edge at all. */
export const NAS_BENCH_201_OPERATIONS = [
  'none',
  'skip_connect',
  'nor_conv_1x1',
  'nor_conv_3x3',
  'avg_pool_3x3',
] as const;

export type NasBench201Operation = (typeof NAS_BENCH_201_OPERATIONS)[number];

/** The six edges of the cell in the order of an architecture string. Node 0 is the cell's input, 3 its output. */
export const NAS_BENCH_201_EDGES = [
  { decision: 'edge0to1', from: 0, to: 1 },
  { decision: 'edge0to2', from: 0, to: 2 },
  { decision: 'edge1to2', from: 1, to: 2 },
  { decision: 'edge0to3', from: 0, to: 3 },
  { decision: 'edge1to3', from: 1, to: 3 },
  { decision: 'edge2to3', from: 2, to: 3 },
] as const;

/** A cell of NAS-Bench-201. Plain data: it crosses process and store edges as JSON. */
export interface NasBench201Architecture {
  readonly kind: 'nas-bench-201';
  /** `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`: the groups are nodes 1, 2, 3; `op~j` is the edge from node j. */
  readonly arch: string;
}

const operation = choice(NAS_BENCH_201_OPERATIONS);

/**
 * The topology space of NAS-Bench-201 (Dong & Yang 2020) and NATS-Bench: a cell of 4 nodes with one of 5
 * operations on each of its 6 edges. Each edge is a decision of its own. Decodes without any file.
 * @throws SpaceOptionsError where options are given: it has none
 */
export function nasBench201(options: SpaceOptions = {}): SearchSpace<NasBench201Architecture> {
  refuseOptions('nas-bench-201', options);
  return defineSpace({
    name: 'nas-bench-201',
    version: 1,
    decisions: {
      edge0to1: operation,
      edge0to2: operation,
      edge1to2: operation,
      edge0to3: operation,
      edge1to3: operation,
      edge2to3: operation,
    },
    arguments: {},
    *program(ask) {
      const operations: NasBench201Operation[] = [];
      for (const { decision } of NAS_BENCH_201_EDGES) operations.push(yield* ask[decision]());
      const architecture: NasBench201Architecture = {
        kind: 'nas-bench-201',
        arch: archOfOperations(operations),
      };
      return architecture;
    },
    size: () => BigInt(NAS_BENCH_201_OPERATIONS.length) ** BigInt(NAS_BENCH_201_EDGES.length),
    describe: ({ arch }, input) => describeNasBench201(operationsOfArch(arch), input),
  });
}

/**
 * Writes six operations, in the order of {@link NAS_BENCH_201_EDGES}, as the usual architecture string.
 * @throws InvalidArchitectureError for another number of operations
 */
export function archOfOperations(operations: readonly NasBench201Operation[]): string {
  if (operations.length !== NAS_BENCH_201_EDGES.length) {
    throw new InvalidArchitectureError(
      `A cell of NAS-Bench-201 has ${NAS_BENCH_201_EDGES.length} edges, but ${operations.length} operations are given. ` +
        `Give one for each of ${NAS_BENCH_201_EDGES.map(({ decision }) => decision).join(', ')}.`,
    );
  }
  const [a, b, c, d, e, f] = operations;
  return `|${a}~0|+|${b}~0|${c}~1|+|${d}~0|${e}~1|${f}~2|`;
}

const known: ReadonlySet<string> = new Set(NAS_BENCH_201_OPERATIONS);
const FORM = '|op~0|+|op~0|op~1|+|op~0|op~1|op~2|';
const formOf = (operation: string): RegExp =>
  new RegExp(`^${FORM.replace(/[|+]/g, '\\$&').replaceAll('op', operation)}$`);
const anyCell = formOf(`(?:${NAS_BENCH_201_OPERATIONS.join('|')})`);
const anyNames = formOf('([a-z0-9_]+)');

/** Whether a text is the architecture string of one of the 15,625 cells. */
export function isNasBench201Arch(text: string): boolean {
  return anyCell.test(text);
}

/**
 * Reads an architecture string; the inverse of {@link archOfOperations}.
 * @returns six operations in the order of {@link NAS_BENCH_201_EDGES}
 * @throws InvalidArchitectureError naming the edge
 */
export function operationsOfArch(arch: string): readonly NasBench201Operation[] {
  const operations = anyNames.exec(arch)?.slice(1);
  if (operations === undefined) {
    throw new InvalidArchitectureError(
      `${shortJson(arch)} is no architecture of NAS-Bench-201. Expected the form ${FORM}, ` +
        `with op one of ${NAS_BENCH_201_OPERATIONS.join(', ')}.`,
    );
  }
  const at = operations.findIndex((name) => !known.has(name));
  if (at >= 0) {
    const edge = NAS_BENCH_201_EDGES[at];
    throw new InvalidArchitectureError(
      `${shortJson(arch)}: the edge from node ${edge?.from} to node ${edge?.to} has the operation ` +
        `${JSON.stringify(operations[at])}. Expected one of ${NAS_BENCH_201_OPERATIONS.join(', ')}.`,
    );
  }
  return operations as NasBench201Operation[]; // every one was found in the list
}

/**
 * Reads an architecture from outside (a store, a file, a message).
 * @throws InvalidArchitectureError
 */
export function parseNasBench201Architecture(data: unknown): NasBench201Architecture {
  const { arch } = fieldsOfKind(data, 'nas-bench-201');
  if (typeof arch !== 'string') {
    throw new InvalidArchitectureError(
      `An architecture of kind "nas-bench-201" has \`arch\` ${shortJson(arch)}. Expected a string of the form ${FORM}.`,
    );
  }
  if (!isNasBench201Arch(arch)) operationsOfArch(arch); // says what is wrong
  return { kind: 'nas-bench-201', arch };
}
