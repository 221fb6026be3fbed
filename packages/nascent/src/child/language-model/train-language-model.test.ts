import { keep, liveTensors, noGrad, scope, setThreads, type Tensor } from '@nascent/torch';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { countingText, knownCell } from '../../../test/plain-language-model.ts';
import type { EpochReport } from '../../evaluation/evaluation.ts';
import type { ResumePoint } from '../train-classifier.ts';
import { LanguageModel } from './language-model.ts';
import { type LanguageModelRecipe, languageModelRecipeSchema, rateFactor } from './recipe.ts';
import { trainLanguageModel } from './train-language-model.ts';

const VOCABULARY = 12;
const text = { train: countingText(1500, VOCABULARY), validation: countingText(300, VOCABULARY, 2) };
const never = new AbortController().signal;

const recipeOf = (changes: object = {}): LanguageModelRecipe =>
  languageModelRecipeSchema.parse({
    epochs: 3,
    batchSize: 5,
    steps: 10,
    optimiser: 'adam',
    learningRate: 0.02,
    schedule: 'constant',
    initialisation: 0.4,
    dropout: { embedding: 0.1, input: 0.1, recurrent: 0.1, output: 0.1 },
    ...changes,
  });

let model: LanguageModel | undefined;
afterEach(() => model?.dispose());
beforeAll(() => setThreads(1));

interface Run {
  readonly cell?: string;
  readonly tied?: boolean;
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
  readonly resume?: ResumePoint;
  readonly from?: ReadonlyMap<string, Tensor>;
  readonly checkpoint?: (after: ResumePoint) => void;
}

async function train(
  changes: object = {},
  { cell = 'nascell', tied = false, limitMs, signal, resume, from, checkpoint }: Run = {},
) {
  model?.dispose();
  const recipe = recipeOf(changes);
  const { initialisation } = recipe;
  const shape = { vocabulary: VOCABULARY, hidden: 8, layers: 2, tied };
  const built = new LanguageModel(knownCell(cell), shape, { seed: 7, initialisation });
  model = built;
  if (from !== undefined) built.loadStateDict(from);
  const curve: EpochReport[] = [];
  const outcome = await trainLanguageModel(
    built,
    text,
    recipe,
    {
      seed: 7,
      signal: signal ?? never,
      limitMs: limitMs ?? null,
      report: (epoch) => curve.push(epoch),
      resume,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    { part: 60, context: 10 },
  );
  const weights = built.parameters().map((parameter) => parameter.toNumbers());
  return { outcome, curve, weights, values: curve.map(({ score }) => score.value) };
}

describe('a language model', () => {
  it.each(['nascell', 'lstm-like', 'worked-example', 'lstm', 'gru'])(
    'with %s learns to count',
    async (cell) => {
      const { outcome, values } = await train({ epochs: 6 }, { cell });
      expect(outcome).toEqual({ kind: 'completed' });
      expect(values.at(-1)).toBeLessThan(0.65 * VOCABULARY); // a model that has learned nothing: VOCABULARY
      expect(values.at(-1)).toBeLessThan(values[0] ?? 0);
    },
  );

  it('learns with one table for embedding and softmax', async () => {
    const { values } = await train({ epochs: 6 }, { tied: true, cell: 'lstm' });
    expect(values.at(-1)).toBeLessThan(VOCABULARY / 2);
    const names = [...(model?.namedParameters().keys() ?? [])];
    expect(names).toContain('embedding.weight');
    expect(names).not.toContain('softmax.weight');
  });

  it('learns by stochastic gradient descent, the paper’s recipe', async () => {
    const { values } = await train(
      { epochs: 10, optimiser: 'sgd', learningRate: 0.5, schedule: 'decay' },
      { cell: 'lstm' },
    );
    expect(values.at(-1)).toBeLessThan((values[0] ?? 0) - 1);
  });

  it('is the same to the bit with the same seed', async () => {
    const [once, again] = [await train(), await train()];
    expect(again.values).toEqual(once.values);
    expect(again.weights).toEqual(once.weights);
  });

  it.each(['adam', 'sgd'])('resumed after any epoch ends as one never stopped, by %s', async (optimiser) => {
    const saved: { epoch: number; weights: Map<string, Tensor>; optimiser: Map<string, Tensor> }[] = [];
    const copy = (tensors: ReadonlyMap<string, Tensor>) =>
      new Map([...tensors].map(([name, tensor]) => [name, keepCopy(tensor)] as const));
    const whole = await train(
      { optimiser },
      {
        checkpoint: ({ epoch, optimiser: state }) =>
          saved.push({ epoch, weights: copy(model?.stateDict() ?? new Map()), optimiser: copy(state) }),
      },
    );
    for (const { epoch, weights, optimiser: state } of saved.slice(0, -1)) {
      const rest = await train({ optimiser }, { from: weights, resume: { epoch, optimiser: state } });
      expect(rest.values).toEqual(whole.values.slice(epoch));
      expect(rest.weights).toEqual(whole.weights);
    }
    for (const { weights, optimiser: state } of saved)
      for (const tensor of [...weights.values(), ...state.values()]) tensor.dispose();
  });

  it('diverges as an outcome, early: worse than guessing', async () => {
    const { outcome, curve } = await train({ optimiser: 'sgd', learningRate: 3000, schedule: 'constant' });
    expect(outcome).toMatchObject({ kind: 'diverged', epoch: 1 });
    expect(curve).toEqual([]);
  });

  it('has diverged where it gives words of the validation text no probability', async () => {
    const shape = { vocabulary: VOCABULARY, hidden: 8, layers: 1, tied: false };
    const built = new LanguageModel(knownCell('lstm'), shape, { seed: 7, initialisation: 0.1 });
    const bias = built.namedParameters().get('softmax.bias');
    noGrad(() => scope(() => bias?.narrow(0, 11, 1).fill_(-1e6) && undefined));
    const train = countingText(600, 11);
    const validation = new Int32Array(100).fill(11);
    const reports: EpochReport[] = [];
    const report = (epoch: EpochReport) => reports.push(epoch);
    const context = { seed: 1, signal: never, limitMs: null, report };
    const outcome = await trainLanguageModel(built, { train, validation }, recipeOf({ epochs: 1 }), context);
    built.dispose();
    expect(outcome).toMatchObject({
      kind: 'diverged',
      epoch: 1,
      detail: expect.stringMatching(/perplexity became Infinity/),
    });
    expect(reports).toEqual([]);
  });

  it('ends when its time is up, and when it is told to', async () => {
    expect((await train({ epochs: 1000 }, { limitMs: 30 })).outcome).toEqual({
      kind: 'timed-out',
      limitMs: 30,
    });
    const told = AbortSignal.abort(new Error('enough'));
    await expect(train({}, { signal: told })).rejects.toThrow('enough');
  });

  it('leaves no tensor but its own', async () => {
    await train();
    const before = liveTensors();
    await train();
    expect(liveTensors()).toBe(before);
  });
});

function keepCopy(tensor: Tensor): Tensor {
  return keep(tensor.detach().clone());
}

describe('the learning rate', () => {
  const factors = (changes: object) =>
    Array.from({ length: 10 }, (_, i) => rateFactor(recipeOf({ epochs: 10, ...changes }), i + 1, 0));

  it('decays after each epoch from the given one on (Zaremba et al. 2014)', () => {
    expect(factors({ schedule: 'decay', decayFrom: 6, decayFactor: 2 })).toEqual([
      1,
      1,
      1,
      1,
      1,
      1,
      1 / 2,
      1 / 4,
      1 / 8,
      1 / 16,
    ]);
  });

  it('falls along half a cosine', () => {
    const [first, , , , , middle] = factors({ schedule: 'cosine' });
    expect(first).toBe(1);
    expect(middle).toBeCloseTo(0.5, 12);
  });
});

describe('the recipe’s defaults', () => {
  it('are the paper’s medium setting', () => {
    expect(languageModelRecipeSchema.parse({})).toMatchObject({
      epochs: 35,
      batchSize: 20,
      steps: 35,
      optimiser: 'sgd',
      learningRate: 1,
      decayFrom: 6,
      decayFactor: 1.2,
      clipNorm: 5,
      initialisation: 0.05,
    });
  });
});
