import { describe, expect, it } from 'vitest';
import { parseConvolutionalArchitecture, type RecurrentArchitecture } from '../../search-space/index.ts';
import { parseConfig, type StudyConfigInput } from '../../study/config.ts';
import { recipeOfLanguageRun } from './language-model-plan.ts';
import { planRetraining } from './plan.ts';

const architecture: RecurrentArchitecture = { kind: 'native-cell', version: 1, cell: 'lstm' };
const subject = { label: 'lstm', architecture, tokens: null };
const kind = { kind: 'language-recipe', version: 1 } as const;

const evaluatorOf = (options: object = {}): StudyConfigInput['evaluator'] => ({
  use: 'language-model',
  options: { dataset: { name: 'text', path: 'a.txt' }, model: { hidden: 8 }, epochs: 35, ...options },
});

const config = (retrain?: StudyConfigInput['retrain'], evaluator = evaluatorOf()) =>
  parseConfig(
    {
      space: { use: 'recurrent-cell' },
      evaluator,
      strategy: { use: 'random' },
      reward: { kind: 'inverse-square-perplexity', lastEpochs: 2 },
      trials: 5,
      ...(retrain === undefined ? {} : { retrain }),
    },
    'test.config.ts',
  );

function planOf(retrain?: StudyConfigInput['retrain'], evaluator = evaluatorOf()) {
  const plan = planRetraining(subject, config(retrain, evaluator));
  if (plan.final.kind !== 'language-model') throw new Error(`a plan of kind ${plan.final.kind}`);
  return { ...plan, final: plan.final, lists: plan.grid.space.options };
}

describe('plan of a cell’s retraining', () => {
  it('without a word in the config: all that the paper’s grid varies, 16 runs, then 4 times as many epochs', () => {
    const plan = planOf();
    expect(plan.gridRuns).toBe(16);
    expect(plan.lists).toEqual({
      learningRate: [1, 0.5],
      initialisation: [0.05, 0.1],
      dropout: [0.5, 0.6],
      decayFrom: [6, 12],
    });
    expect(plan.grid).toMatchObject({
      space: { use: 'language-recipe-grid' },
      evaluator: {
        use: 'recipe-language-model',
        options: { architecture, languageModel: { epochs: 35, model: { hidden: 8 } } },
      },
      reward: { kind: 'inverse-square-perplexity', lastEpochs: 2 },
      trials: 16,
    });
    expect(plan.final).toMatchObject({ epochs: 140, text: 'train', checkpointEvery: 1 });
  });

  it('varies what the config says and nothing else', () => {
    const grid = {
      initialisation: [0.05, 0.1],
      dropout: [0, 0.3],
      recurrentDropout: [0.1],
      embeddingDropout: [0, 0.1],
      decayFrom: [4],
    };
    const plan = planOf({ grid });
    expect(plan.lists).toEqual({ learningRate: [1], ...grid });
    expect(plan.gridRuns).toBe(8);
  });

  it.each([
    ['another epoch of decay, half as late, where training ends before twice as late', { epochs: 3 }, [6, 1]],
    ['twice as late, where training goes on for longer', { epochs: 10, decayFrom: 1 }, [1, 2]],
    ['none, where one epoch is all', { epochs: 1 }, undefined],
    ['none, where the rate does not decay by itself', { schedule: 'cosine' }, undefined],
  ])('the default grid has %s', (_, options, decayFrom) => {
    expect(planOf(undefined, evaluatorOf(options)).lists?.['decayFrom']).toEqual(decayFrom);
  });

  it('the default grid leaves dropout alone where one number does not say what there is of it', () => {
    const plan = planOf(undefined, evaluatorOf({ dropout: { input: 0.2, output: 0.4 } }));
    expect(plan.lists).not.toHaveProperty('dropout');
    expect(plan.gridRuns).toBe(8);
  });

  it('another number of epochs keeps the way of the learning rate', () => {
    const plan = planOf({ gridEpochs: 70, final: { epochs: 35 } });
    expect(plan.grid.evaluator.options).toMatchObject({
      languageModel: { epochs: 70, decayFrom: 12, decayFactor: 1.09544511501 },
    });
    expect(plan.lists?.['decayFrom']).toEqual([12, 24]);
    expect(recipeOfLanguageRun(plan.final, kind)).toMatchObject({ decayFrom: 6, decayFactor: 1.2 });
    const late = recipeOfLanguageRun(plan.final, { ...kind, decayFrom: 24 });
    expect(late.decayFrom).toBe(12);
    expect(late.decayFactor).toBeCloseTo(1.2, 10);
  });

  it('a short grid that chooses no epoch of decay does not blur that of the final training', () => {
    const { final } = planOf({ gridEpochs: 2, grid: { dropout: [0, 0.5] }, final: { epochs: 70 } });
    expect(recipeOfLanguageRun(final, { ...kind, dropout: 0 })).toMatchObject({ epochs: 70, decayFrom: 12 });
  });

  it('the final recipe is the search’s, with the grid’s choice, with what the config says over both', () => {
    const { final } = planOf({
      final: { epochs: 35, recipe: { clipNorm: 1, dropout: { output: 0.1 }, decayFrom: 20 } },
    });
    const recipe = recipeOfLanguageRun(final, { ...kind, learningRate: 0.5, dropout: 0.3, decayFrom: 3 });
    expect(recipe).toMatchObject({
      epochs: 35,
      learningRate: 0.5,
      clipNorm: 1,
      decayFrom: 20,
      batchSize: 20,
      dropout: { input: 0.3, output: 0.1, recurrent: 0.2, embedding: 0.2 },
    });
  });

  it('leaves the limits of the search out: the child has been chosen', () => {
    const { final } = planOf(undefined, evaluatorOf({ maxParameters: 5, secondsPerChild: 1 }));
    expect(Object.keys(final.languageModel)).toEqual(['dataset', 'model', 'epochs']);
  });
});

describe('a config that does not fit a cell is refused before anything is trained', () => {
  it.each([
    ['weightDecay', [1e-4]],
    ['batchNormEpsilon', [1e-5]],
    ['decayAt', [[0.5]]],
  ])('grid.%s belongs to networks for images', (key, list) => {
    expect(() => planOf({ grid: { [key]: list } })).toThrow(
      new RegExp(`retrain\\.grid\\.${key}: is for convolutional networks.*initialisation, dropout`),
    );
  });

  it.each(['initialisation', 'dropout', 'recurrentDropout', 'embeddingDropout'])(
    'and grid.%s does not belong to those',
    (key) => {
      const network = parseConvolutionalArchitecture({
        kind: 'convolutional',
        version: 1,
        layers: [
          {
            kind: 'convolution',
            filterHeight: 1,
            filterWidth: 1,
            strideHeight: 1,
            strideWidth: 1,
            filterCount: 4,
          },
        ],
      });
      const given = config({ grid: { [key]: [0.1] }, final: { text: 'train' } }, { use: 'image-classifier' });
      const plan = () => planRetraining({ label: 'x', architecture: network, tokens: null }, given);
      expect(plan).toThrow(new RegExp(`retrain\\.grid\\.${key}: is for recurrent cells.*weightDecay`));
      expect(plan).toThrow(/retrain\.final\.text: is for recurrent cells/);
    },
  );

  it('images of the final training', () => {
    expect(() => planOf({ final: { images: 'train+validation' } })).toThrow(/use retrain\.final\.text/);
  });

  it('an epoch of decay where the learning rate does not decay by epochs', () => {
    expect(() => planOf({ grid: { decayFrom: [3] } }, evaluatorOf({ schedule: 'constant' }))).toThrow(
      /decayFrom has no effect.*constant/,
    );
  });

  it('epochs in the final recipe, and keys that no recipe has', () => {
    expect(() => planOf({ final: { recipe: { epochs: 3 } } })).toThrow(/use retrain\.final\.epochs/);
    expect(() => planOf({ final: { recipe: { clipNrm: 3 } } })).toThrow(/retrain\.final\.recipe: .*clipNrm/s);
    expect(() => planOf({ final: { recipe: { dropout: { inputs: 0 } } } })).toThrow(/inputs/);
  });

  it('a text without a test part', () => {
    const dataset = { name: 'text', path: 'a.txt', testFraction: 0 };
    expect(() => planOf(undefined, evaluatorOf({ dataset }))).toThrow(
      /has no test part.*Name a file with testPath/,
    );
    const withTest = { name: 'text', path: 'a.txt', testPath: 'b.txt' };
    const { final } = planOf(undefined, evaluatorOf({ dataset: withTest }));
    expect(final.epochs).toBe(140);
  });

  it('options of the evaluator that are wrong', () => {
    expect(() => planOf(undefined, evaluatorOf({ model: {} }))).toThrow(
      /evaluator\.options: .*hidden \(a width\)/s,
    );
  });

  it('another evaluator, each for its reason', () => {
    const other = (use: string) => () => planOf(undefined, { use });
    expect(other('image-classifier')).toThrow(
      /lstm cannot be retrained.*"image-classifier", which trains networks on images, and lstm is a recurrent cell.*"language-model"/,
    );
    expect(other('nas-bench-nlp')).toThrow(/looks results up and trains nothing/);
    expect(other('./mine.ts')).toThrow(/a module of your own/);
  });
});
