/**
 * The controller's mathematics once more, in plain float64 numbers and for one sample at a time: the
 * independent source that the engine's version is checked against. Written from Zoph & Le 2017 §3.1 and §3.3
 * and the usual LSTM equations; shares only the parameter layout with the code under test.
 */
import type { ControllerLayout } from '../src/controller/layout.ts';
import type { Sample } from '../src/search-space/sample.ts';
import type { SearchSpace } from '../src/search-space/space.ts';

type Vector = readonly number[];
type Matrix = readonly Vector[];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0);
const times = (matrix: Matrix, vector: Vector): number[] => matrix.map((row) => dot(row, vector));
const plus = (a: Vector, b: Vector): number[] => a.map((x, i) => x + (b[i] ?? Number.NaN));

/** What one sample's answers were drawn from. */
export interface PlainScore {
  readonly logProb: number;
  /** For each anchor question, the probability of each earlier anchor. */
  readonly inclusions: readonly (readonly number[])[];
}

export function plainScore(
  layout: ControllerLayout,
  parameters: ArrayLike<number>,
  space: SearchSpace,
  sample: Sample,
): PlainScore {
  const vector = (name: string): number[] => {
    const slot = layout.slots.find((candidate) => candidate.name === name);
    if (slot === undefined) throw new Error(`no weight ${name}`);
    return Array.from({ length: slot.size }, (_, i) => parameters[slot.offset + i] ?? Number.NaN);
  };
  const matrix = (name: string): number[][] => {
    const columns = layout.config.hiddenSize;
    const flat = vector(name);
    return Array.from({ length: flat.length / columns }, (_, row) =>
      flat.slice(row * columns, (row + 1) * columns),
    );
  };
  const size = layout.config.hiddenSize;
  const zeros = new Array<number>(size).fill(0);
  const hidden: number[][] = Array.from({ length: layout.config.layers }, () => zeros);
  const cell: number[][] = Array.from({ length: layout.config.layers }, () => zeros);

  const dialogue = space.start(sample.arguments);
  const anchorStates = new Map<string, number[][]>();
  const inclusions: number[][] = [];
  let logProb = 0;
  let input = vector('start');
  for (const answer of sample.answers) {
    let below = input;
    for (let layer = 0; layer < layout.config.layers; layer++) {
      const gates = plus(
        plus(times(matrix(`lstm.${layer}.inputWeight`), below), vector(`lstm.${layer}.bias`)),
        times(matrix(`lstm.${layer}.hiddenWeight`), hidden[layer] ?? []),
      );
      const gate = (at: number) => gates.slice(at * size, (at + 1) * size);
      const [i, f, g, o] = [
        gate(0).map(sigmoid),
        gate(1).map(sigmoid),
        gate(2).map(Math.tanh),
        gate(3).map(sigmoid),
      ];
      cell[layer] = zeros.map(
        (_, n) => (f?.[n] ?? 0) * (cell[layer]?.[n] ?? 0) + (i?.[n] ?? 0) * (g?.[n] ?? 0),
      );
      hidden[layer] = zeros.map((_, n) => (o?.[n] ?? 0) * Math.tanh(cell[layer]?.[n] ?? 0));
      below = hidden[layer] ?? [];
    }
    const { question } = dialogue;
    if (question === null) throw new Error('too many answers');
    if (question.kind === 'choice' && answer.kind === 'choice') {
      const weights = plus(
        times(matrix(`${question.decision}.headWeight`), below),
        vector(`${question.decision}.headBias`),
      ).map(Math.exp);
      const total = question.allowed.reduce((sum, option) => sum + (weights[option] ?? 0), 0);
      logProb += Math.log((weights[answer.index] ?? 0) / total);
      input = matrix(`${question.decision}.embedding`)[answer.index] ?? [];
    } else if (question.kind === 'anchor' && answer.kind === 'anchor') {
      const { decision } = question;
      const earlier = anchorStates.get(decision) ?? [];
      const current = times(matrix(`${decision}.currentWeight`), below);
      const probabilities = earlier.map((state) =>
        sigmoid(
          dot(
            vector(`${decision}.vector`),
            plus(times(matrix(`${decision}.previousWeight`), state), current).map(Math.tanh),
          ),
        ),
      );
      inclusions.push(probabilities);
      for (const [j, p] of probabilities.entries())
        logProb += Math.log(answer.chosen.includes(j) ? p : 1 - p);
      const chosen = answer.chosen.map((j) => earlier[j] ?? []);
      const sum = chosen.reduce(plus, zeros);
      input = times(
        matrix(`${decision}.inputProjection`),
        sum.map((x) => x / Math.max(1, chosen.length)),
      );
      anchorStates.set(decision, [...earlier, below]);
    }
    dialogue.answer(answer);
  }
  return { logProb, inclusions };
}
