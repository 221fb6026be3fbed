import { linear, noGrad, scope, stack, type Tensor } from '@nascent/torch';
import { NascentError } from '../errors.ts';
import type { RandomStream } from '../random.ts';
import type { Answer, Question } from '../search-space/decision.ts';
import type { Dialogue } from '../search-space/dialogue.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { AnchorMemory } from './anchor-memory.ts';
import type { Controller } from './controller.ts';
import {
  allowedProbabilities,
  type Drawn,
  drawAnchors,
  drawOption,
  likeliestOption,
} from './distribution.ts';
import { type ControllerLayout, FIRST_OPTION_ROW, START_ROW, zeroRow } from './layout.ts';
import {
  type AnchorWeights,
  advance,
  anchorInput,
  indices,
  initialState,
  type LstmState,
  topOf,
  type Weights,
  weightsOf,
} from './recurrence.ts';

/** Samples in the order of their streams; `logProbs[k]` is the natural log-probability of sample k. */
export interface SampledBatch {
  readonly samples: readonly Sample[];
  readonly logProbs: readonly number[];
}

export interface PolicyOptions {
  /** Logits are divided by it; 1 is the policy itself. */
  readonly temperature?: number;
}

/** The space asks nothing under these arguments, so there is nothing to learn or to sample. */
export class EmptySearchSpaceError extends NascentError {}

/**
 * Samples architectures from the controller's policy (Zoph & Le 2017, §3.1, fig. 2), all rows in lock-step
 * whatever each of them is asked.
 *
 * Weights are read, never changed. Sample k depends on the weights, the arguments and `streams[k]` only, not
 * on its neighbours in the batch: the policy is computed in float64, because matrix products and vectorised
 * functions round differently for different batch sizes, and in float32 that could move a draw.
 * @throws EmptySearchSpaceError
 */
export function sampleFrom(
  controller: Controller,
  space: SearchSpace,
  args: SpaceArguments,
  streams: readonly RandomStream[],
  options: PolicyOptions = {},
): SampledBatch {
  return rollOut(
    controller,
    space,
    args,
    streams.map((stream) => ({
      option: (allowed, probabilities) => drawOption(allowed, probabilities, stream.uniform()),
      anchor: (probability) => stream.uniform() < probability,
    })),
    options,
  );
}

/** The policy's most probable answer at each step, which need not be its most probable sample. */
export function greedy(controller: Controller, space: SearchSpace, args: SpaceArguments): Sample {
  const taker: Decider = { option: likeliestOption, anchor: (probability) => probability > 0.5 };
  const [sample] = rollOut(controller, space, args, [taker], {}).samples;
  if (sample === undefined) throw new Error('unreachable: one row gives one sample');
  return sample;
}

/** What turns probabilities into answers, one for each row. */
interface Decider {
  readonly option: (allowed: readonly number[], probabilities: readonly number[]) => Drawn<number>;
  readonly anchor: (probability: number) => boolean;
}

interface Row {
  readonly dialogue: Dialogue<unknown>;
  readonly decider: Decider;
  logProb: number;
  /** Row of the input table that is fed next. */
  input: number;
}

/** An anchor step's tensors for all rows: the state h_j [B, H] and W_prev h_j [B, H]. */
interface AnchorState {
  readonly state: Tensor;
  readonly projected: Tensor;
}

type Memories = ReadonlyMap<string, AnchorMemory<AnchorState>>;

function rollOut(
  controller: Controller,
  space: SearchSpace,
  args: SpaceArguments,
  deciders: readonly Decider[],
  { temperature = 1 }: PolicyOptions,
): SampledBatch {
  const { layout } = controller;
  const rows = deciders.map((decider): Row => {
    const dialogue = space.start(args);
    if (dialogue.question === null) throw emptySpace(space, args);
    return { dialogue, decider, logProb: 0, input: START_ROW };
  });
  const memories: Memories = new Map(
    layout.anchors.map((name) => [name, new AnchorMemory<AnchorState>(rows.length)]),
  );
  const isActive = (row: Row) => row.dialogue.question !== null;

  noGrad(() =>
    scope(() => {
      const exact = { layout, parameters: controller.parameters.to('float64') };
      const weights = weightsOf(exact);
      let state = initialState(exact, rows.length);
      while (rows.some(isActive)) {
        state = nextState(weights, state, rows, memories);
        const optionLogits = rows.some((row) => row.dialogue.question?.kind === 'choice')
          ? headLogits(weights, topOf(state), temperature)
          : null;
        const anchorLogits = anchorLogitsOf(weights, topOf(state), rows, memories, temperature);
        for (const [at, row] of rows.entries()) {
          const question = row.dialogue.question;
          if (question === null) {
            row.input = zeroRow(layout);
          } else if (question.kind === 'choice') {
            answerChoice(layout, row, question, optionLogits ?? [], at);
          } else {
            const logits = anchorLogits(question, at);
            const drawn = drawAnchors(logits, row.decider.anchor);
            memories.get(question.decision)?.choose(at, drawn.value);
            row.input = zeroRow(layout);
            record(row, { kind: 'anchor', decision: question.decision, chosen: drawn.value }, drawn.logProb);
          }
        }
      }
    }),
  );
  return {
    samples: rows.map(({ dialogue }) => dialogue.sample()),
    logProbs: rows.map(({ logProb }) => logProb),
  };
}

function nextState(weights: Weights, state: LstmState, rows: readonly Row[], memories: Memories): LstmState {
  let input = weights.inputTable.indexSelect(
    0,
    indices(
      rows.map((row) => row.input),
      weights.inputTable,
    ),
  );
  for (const [name, memory] of memories) {
    const mean = memory.takeMeanWeights();
    if (mean === null) continue;
    const states = memory.entries.map((entry) => entry.state);
    input = input.add(anchorInput(anchorWeights(weights, name), states, mean));
  }
  return advance(weights, state, input);
}

/** Logits of the joint head, [B × columns] row-major on the host. */
function headLogits({ head }: Weights, top: Tensor, temperature: number): ArrayLike<number> {
  if (head === null) return [];
  const logits = linear(top, head.weight, head.bias);
  return divided(logits, temperature);
}

function answerChoice(
  layout: ControllerLayout,
  row: Row,
  question: Extract<Question, { kind: 'choice' }>,
  logits: ArrayLike<number>,
  at: number,
): void {
  const columns = layout.choices.get(question.decision);
  if (columns === undefined) throw undeclared(question.decision);
  const probabilities = allowedProbabilities(logits, at * layout.columns + columns.first, question.allowed);
  const { value, logProb } = row.decider.option(question.allowed, probabilities);
  row.input = FIRST_OPTION_ROW + columns.first + value;
  record(row, { kind: 'choice', decision: question.decision, index: value }, logProb);
}

function record(row: Row, answer: Answer, logProb: number): void {
  row.dialogue.answer(answer);
  row.logProb += logProb;
}

/**
 * Evaluates this step's anchor questions for all rows at once and remembers their states.
 * @returns the logits over the earlier anchors of one row's question
 */
function anchorLogitsOf(
  weights: Weights,
  top: Tensor,
  rows: readonly Row[],
  memories: Memories,
  temperature: number,
): (question: Extract<Question, { kind: 'anchor' }>, row: number) => number[] {
  const perName = new Map<string, ArrayLike<number>>();
  for (const [name, memory] of memories) {
    const asking = [...rows.keys()].filter((at) => asksAnchor(rows[at], name));
    if (asking.length === 0) continue;
    const anchor = anchorWeights(weights, name);
    if (memory.entries.length > 0) {
      const earlier = stack(
        memory.entries.map((entry) => entry.projected),
        0,
      );
      const scores = earlier.add(top.matmul(anchor.currentWeight.t())).tanh().matmul(anchor.vector);
      perName.set(name, divided(scores, temperature));
    }
    memory.remember({ state: top, projected: top.matmul(anchor.previousWeight.t()) }, asking);
  }
  return ({ decision, earlier }, row) => {
    const logits = perName.get(decision) ?? [];
    const memory = memories.get(decision);
    if (memory === undefined) throw undeclared(decision);
    return Array.from(
      { length: earlier },
      (_, j) => logits[memory.entryOf(row, j) * rows.length + row] ?? Number.NaN,
    );
  };
}

function asksAnchor(row: Row | undefined, name: string): boolean {
  const question = row?.dialogue.question;
  return question?.kind === 'anchor' && question.decision === name;
}

function anchorWeights(weights: Weights, name: string): AnchorWeights {
  const found = weights.anchors.get(name);
  if (found === undefined) throw undeclared(name);
  return found;
}

/** Downloads logits and divides them on the host, in float64. */
function divided(logits: Tensor, temperature: number): ArrayLike<number> {
  const values = logits.toArray() as Float64Array; // sampling runs in float64
  return temperature === 1 ? values : Float64Array.from(values, (value) => value / temperature);
}

function undeclared(decision: string): Error {
  return new Error(`the controller has no decision "${decision}": it was made for another declaration`);
}

function emptySpace(space: SearchSpace, args: SpaceArguments): EmptySearchSpaceError {
  return new EmptySearchSpaceError(
    'SPACE_ASKS_NOTHING',
    `the search space "${space.identity.name}" asks nothing under the arguments ${JSON.stringify(args)}, ` +
      'so there is nothing to sample. Give arguments under which it asks at least one decision.',
  );
}
