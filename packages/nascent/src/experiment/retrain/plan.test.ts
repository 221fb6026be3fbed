import { describe, expect, it } from 'vitest';
import type { ConvolutionalArchitecture } from '../../search-space/index.ts';
import { parseConfig, type StudyConfigInput } from '../../study/config.ts';
import { finalRecipe } from './classifier-plan.ts';
import { planRetraining } from './plan.ts';

const architecture: ConvolutionalArchitecture = {
  kind: 'convolutional',
  version: 2,
  layers: [
    {
      kind: 'convolution',
      filterHeight: 3,
      filterWidth: 3,
      strideHeight: 1,
      strideWidth: 1,
      filterCount: 4,
      batchNorm: true,
      inputs: [0],
    },
  ],
  outputs: [1],
};
const subject = { label: 'trial 3', architecture, tokens: null };

function classifierPlan(changes: Partial<StudyConfigInput>) {
  const plan = planRetraining(subject, config(changes));
  if (plan.final.kind !== 'classifier') throw new Error(`a plan of kind ${plan.final.kind}`);
  return { ...plan, final: plan.final };
}

const config = (changes: Partial<StudyConfigInput> = {}) =>
  parseConfig(
    {
      space: { use: 'convolutional', arguments: { layers: 1 } },
      evaluator: { use: 'image-classifier', options: { epochs: 10, learningRate: 0.1 } },
      strategy: { use: 'random' },
      trials: 5,
      ...changes,
    },
    'test.config.ts',
  );

const space = (plan: ReturnType<typeof planRetraining>) => plan.grid.space.options;

describe('plan of a retraining', () => {
  it('without a word in the config: 12 runs of the search’s epochs, then 4 times as many', () => {
    const plan = planRetraining(subject, config());
    expect(plan.gridRuns).toBe(12);
    expect(space(plan)).toEqual({
      learningRate: [0.1, 0.05, 0.2],
      weightDecay: [1e-4, 5e-4],
      batchNormEpsilon: [1e-5],
      decayAt: ['at-0.5-0.75', 'at-0.6-0.85'],
    });
    expect(plan.grid.trials).toBe(12);
    expect(plan.grid.evaluator.options).toEqual({
      architecture,
      classifier: { epochs: 10, learningRate: 0.1 },
    });
    expect(plan.final).toMatchObject({ epochs: 40, images: 'train', checkpointEvery: 1 });
  });

  it('varies what the config says and keeps the rest of the search’s recipe', () => {
    const retrain = { grid: { weightDecay: [1e-4, 1e-3], decayAt: [[0.2, 0.9], [0.3]] }, gridEpochs: 3 };
    const plan = planRetraining(subject, config({ retrain }));
    expect(space(plan)).toEqual({
      learningRate: [0.1],
      weightDecay: [1e-4, 1e-3],
      batchNormEpsilon: [1e-5],
      decayAt: ['at-0.2-0.9', 'at-0.3'],
    });
    expect(plan.gridRuns).toBe(4);
    expect(plan.grid.evaluator.options).toMatchObject({ classifier: { epochs: 3 } });
  });

  it('starts from the learning rate that the architecture predicts', () => {
    const predicted = { ...subject, architecture: { ...architecture, learningRate: 0.02 } };
    expect(space(planRetraining(predicted, config()))?.['learningRate']).toEqual([0.02, 0.01, 0.04]);
  });

  it('leaves decay out of the grid where the learning rate falls by itself', () => {
    const evaluator = { use: 'image-classifier', options: { schedule: 'cosine' } };
    expect(planRetraining(subject, config({ evaluator })).gridRuns).toBe(6);
    const retrain = { grid: { decayAt: [[0.5]] } };
    expect(() => planRetraining(subject, config({ evaluator, retrain }))).toThrow(
      /decayAt has no effect.*cosine/,
    );
  });

  it('leaves the limits of the search out: the child has been chosen', () => {
    const options = { epochs: 2, maxParameters: 5, secondsPerChild: 1, dataset: { name: 'mnist' } };
    const plan = classifierPlan({
      evaluator: { use: 'image-classifier', options },
      limits: { secondsPerTrial: 3, memoryMiB: 900 },
    });
    expect(plan.final.classifier).toEqual({ epochs: 2, dataset: { name: 'mnist' } });
    expect(plan.grid.limits).toEqual({ memoryMiB: 900, attempts: 2 });
  });

  it('the final recipe is the search’s, with the grid’s choice, with what the config says over both', () => {
    const retrain = { final: { epochs: 7, recipe: { warmupEpochs: 1, weightDecay: 0.5 } } };
    const { final } = classifierPlan({ retrain });
    expect(finalRecipe(final, { learningRate: 0.4, weightDecay: 1e-3, decayAt: [0.9] })).toMatchObject({
      epochs: 7,
      learningRate: 0.4,
      weightDecay: 0.5,
      decayAt: [0.9],
      warmupEpochs: 1,
      batchSize: 64,
    });
  });

  it('says what is wrong with the final recipe before the grid, naming it', () => {
    const retrain = { final: { recipe: { warmpEpochs: 1 } } };
    expect(() => planRetraining(subject, config({ retrain }))).toThrow(
      /retrain\.final\.recipe: .*warmpEpochs/s,
    );
  });

  it('epochs have one place: those in the final recipe would be passed over', () => {
    const retrain = { final: { recipe: { epochs: 300 } } };
    expect(() => planRetraining(subject, config({ retrain }))).toThrow(/use retrain\.final\.epochs/);
  });

  it('refuses a table and a module of the user’s own, each for its reason', () => {
    const other = (use: string) => () => planRetraining(subject, config({ evaluator: { use } }));
    expect(other('nas-bench-201')).toThrow(/trial 3 cannot be retrained.*trains nothing/);
    expect(other('./mine.ts')).toThrow(/a module of your own/);
  });
});

describe('key retrain of a config', () => {
  it('an empty list is refused, with its place', () => {
    expect(() => config({ retrain: { grid: { learningRate: [] } } })).toThrow(
      /retrain\.grid\.learningRate: is an empty list/,
    );
  });

  it('points of decay that do not rise are refused', () => {
    for (const decayAt of [[[0.5, 0.5]], [[0.75, 0.5]], [[]]])
      expect(() => config({ retrain: { grid: { decayAt } } })).toThrow(/retrain\.grid\.decayAt\.0/);
  });

  it('a misspelt key is refused with the right one', () => {
    expect(() => config({ retrain: { grid: { learningRates: [1] } } as never })).toThrow(
      /did you mean "learningRate"/,
    );
  });
});
