import type { Sample } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { AnchorMemory } from './anchor-memory.ts';
import { type ControllerLayout, FIRST_OPTION_ROW, START_ROW, zeroRow } from './layout.ts';
import { type Step, trajectoryOf } from './trajectory.ts';

/**
 * Everything about a batch of recorded samples that does not depend on weights: which input each row gets at
 * each step, and where each answer's probability will be found. Position `step·batch + row` names one step of
 * one sample; rows that have ended are fed zeros and never read.
 */
export interface ScoringPlan {
  readonly batch: number;
  /** Length of the longest sample. */
  readonly steps: number;
  /** [steps · batch], rows of the input table. */
  readonly inputRows: readonly number[];
  readonly choices: {
    readonly positions: readonly number[];
    /** Which sample each choice belongs to. */
    readonly samples: readonly number[];
    /** The recorded answer's column in the joint head. */
    readonly columns: readonly number[];
    /** [choices · columns], 1 where allowed. */
    readonly allowed: Uint8Array;
  };
  /** For each anchor decision that was asked with earlier anchors: one entry for each (earlier, current) pair. */
  readonly anchorPairs: ReadonlyMap<string, AnchorPairs>;
  /** Step → what the anchor answers of the step before feed in. */
  readonly anchorInputs: ReadonlyMap<number, readonly AnchorInput[]>;
}

export interface AnchorPairs {
  readonly earlier: number[];
  readonly current: number[];
  readonly samples: number[];
  /** 1 where the earlier anchor was chosen, else 0. */
  readonly chosen: number[];
}

export interface AnchorInput {
  readonly decision: string;
  /** The steps whose states the mean is taken over. */
  readonly stateSteps: readonly number[];
  /** [stateSteps · batch]. */
  readonly meanWeights: Float64Array;
}

/** @throws what the space throws for a foreign sample or an invalid answer */
export function scoringPlan(
  layout: ControllerLayout,
  space: SearchSpace,
  samples: readonly Sample[],
): ScoringPlan {
  const trajectories = samples.map((sample) => trajectoryOf(space, sample));
  const batch = samples.length;
  const steps = Math.max(0, ...trajectories.map((trajectory) => trajectory.length));
  const inputRows = new Array<number>(steps * batch).fill(zeroRow(layout));
  inputRows.fill(START_ROW, 0, batch);

  const choices = { positions: [] as number[], samples: [] as number[], columns: [] as number[] };
  const allowedOptions: number[] = [];
  const anchorPairs = new Map<string, AnchorPairs>();
  const anchorInputs = new Map<number, AnchorInput[]>();
  const memories = new Map(layout.anchors.map((name) => [name, new AnchorMemory<number>(batch)]));

  for (let step = 0; step < steps; step++) {
    for (const [name, memory] of memories) {
      const asking = [...trajectories.keys()].filter((row) => asksAnchor(trajectories[row]?.[step], name));
      if (asking.length > 0) memory.remember(step, asking);
    }
    for (const [row, trajectory] of trajectories.entries()) {
      const now = trajectory[step];
      if (now === undefined) continue;
      const position = step * batch + row;
      const { question, answer } = now;
      if (question.kind === 'choice' && answer.kind === 'choice') {
        const columns = layout.choices.get(question.decision);
        if (columns === undefined) throw undeclared(question.decision);
        for (const option of question.allowed) {
          allowedOptions.push(choices.positions.length * layout.columns + columns.first + option);
        }
        choices.positions.push(position);
        choices.samples.push(row);
        choices.columns.push(columns.first + answer.index);
        if (step + 1 < steps) inputRows[position + batch] = FIRST_OPTION_ROW + columns.first + answer.index;
      } else if (question.kind === 'anchor' && answer.kind === 'anchor') {
        const memory = memories.get(question.decision);
        if (memory === undefined) throw undeclared(question.decision);
        addPairs(
          anchorPairs,
          memory,
          question.decision,
          { row, position, batch, ...question },
          answer.chosen,
        );
        memory.choose(row, answer.chosen);
      }
    }
    for (const [decision, memory] of memories) {
      const meanWeights = memory.takeMeanWeights();
      if (meanWeights === null || step + 1 === steps) continue;
      const inputs = anchorInputs.get(step + 1) ?? [];
      inputs.push({ decision, stateSteps: [...memory.entries], meanWeights });
      anchorInputs.set(step + 1, inputs);
    }
  }
  const allowed = new Uint8Array(choices.positions.length * layout.columns);
  for (const at of allowedOptions) allowed[at] = 1;
  return { batch, steps, inputRows, choices: { ...choices, allowed }, anchorPairs, anchorInputs };
}

function addPairs(
  anchorPairs: Map<string, AnchorPairs>,
  memory: AnchorMemory<number>,
  decision: string,
  at: { readonly row: number; readonly position: number; readonly batch: number; readonly earlier: number },
  chosen: readonly number[],
): void {
  if (at.earlier === 0) return;
  const pairs = anchorPairs.get(decision) ?? { earlier: [], current: [], samples: [], chosen: [] };
  const isChosen = new Set(chosen);
  for (let j = 0; j < at.earlier; j++) {
    const stateStep = memory.entries[memory.entryOf(at.row, j)] ?? Number.NaN;
    pairs.earlier.push(stateStep * at.batch + at.row);
    pairs.current.push(at.position);
    pairs.samples.push(at.row);
    pairs.chosen.push(isChosen.has(j) ? 1 : 0);
  }
  anchorPairs.set(decision, pairs);
}

function asksAnchor(step: Step | undefined, name: string): boolean {
  return step?.question.kind === 'anchor' && step.question.decision === name;
}

function undeclared(decision: string): Error {
  return new Error(`the controller has no decision "${decision}": it was made for another declaration`);
}
