import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveTensors } from '@nascent/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixtures } from '../../../test/fixtures/paths.ts';
import { knownCell } from '../../../test/plain-language-model.ts';
import { languageModelRecipeSchema } from '../../child/language-model/recipe.ts';
import { loadTrainingText, textOptionsSchema } from '../../dataset/index.ts';
import { FinalLanguageModel } from './final-language-model.ts';
import type { LanguageModelFinalPlan } from './language-model-plan.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-final-'));
});
afterEach(() => rm(directory, { recursive: true }));

const dataset = {
  name: 'text',
  path: join(fixtures.text, 'war-and-peace.txt'),
  trainTokens: 1200,
  validationTokens: 200,
  vocabularySize: 60,
  unknown: '<unk>',
};
const EPOCHS = 4;

function planOf(cell: string, changes: Partial<LanguageModelFinalPlan> = {}): LanguageModelFinalPlan {
  return {
    kind: 'language-model',
    architecture: knownCell(cell),
    languageModel: { dataset, model: { hidden: 8, layers: 2 } },
    gridEpochs: EPOCHS,
    epochs: EPOCHS,
    text: 'train',
    recipe: {},
    seed: 5,
    checkpointEvery: 1,
    ...changes,
  };
}

async function open(name: string, plan: LanguageModelFinalPlan, recipe: object = {}) {
  const { checksum } = await loadTrainingText(
    textOptionsSchema.parse(plan.languageModel['dataset'] ?? dataset),
    {
      configDirectory: '.',
    },
  );
  const full = languageModelRecipeSchema.parse({
    epochs: plan.epochs,
    batchSize: 4,
    steps: 20,
    decayFrom: 2,
    ...recipe,
  });
  return FinalLanguageModel.open(plan, full, {
    label: 'the cell',
    tokens: null,
    checkpoint: join(directory, `${name}.safetensors`),
    configDirectory: '.',
    datasetChecksum: checksum,
    threads: 1,
  });
}

const running = () => new AbortController().signal;

/** Trains, interrupted after each of these epochs, and opened again. @returns the model's bytes and what was said */
async function trained(
  name: string,
  plan: LanguageModelFinalPlan,
  recipe: object,
  stops: readonly number[] = [],
) {
  for (const stop of stops) {
    const training = await open(name, plan, recipe);
    const abort = new AbortController();
    const ended = training.train(abort.signal, ({ epoch }) => {
      if (epoch === stop) abort.abort(new Error('stopped'));
    });
    if (stop < plan.epochs) await expect(ended).rejects.toThrow('stopped');
    else await ended;
    training.dispose();
  }
  const training = await open(name, plan, recipe);
  try {
    await training.train(running(), () => {});
    const path = join(directory, `${name}.model`);
    training.saveModel(path);
    const { curve, samples } = training.finished(1);
    return {
      bytes: await readFile(path),
      curve: curve.map(({ trainingLoss, score }) => [trainingLoss, score.value]),
      samples,
    };
  } finally {
    training.dispose();
  }
}

describe('the final training of a cell', () => {
  it.each([
    ['nascell', {}],
    ['lstm', { optimiser: 'adam', learningRate: 0.01, dropout: { variational: false } }],
  ] as const)(
    '%s, interrupted after any epoch, ends as one never interrupted, bit for bit',
    async (cell, recipe) => {
      const before = liveTensors();
      const plan = planOf(cell);
      const whole = await trained('whole', plan, recipe);
      expect(whole.curve).toHaveLength(EPOCHS);
      const every = Array.from({ length: EPOCHS }, (_, i) => i + 1);
      for (const stops of [...every.map((epoch) => [epoch]), every]) {
        const after = await trained(`stopped-${stops.join('-')}`, plan, recipe, stops);
        expect(after.curve, `stopped after ${stops}`).toEqual(whole.curve);
        expect(after.bytes.equals(whole.bytes), `stopped after ${stops}`).toBe(true);
        expect(after.samples).toEqual(whole.samples);
      }
      expect(liveTensors()).toBe(before);
    },
  );

  it('goes on from the last checkpoint where not every epoch has one', async () => {
    const plan = planOf('gru', { checkpointEvery: 2 });
    const whole = await trained('whole', plan, {});
    const stopped = await trained('stopped', plan, {}, [3]);
    expect(stopped.bytes.equals(whole.bytes)).toBe(true);
  });

  it('writes three texts, each by its own seed, and never the word for unknown ones', async () => {
    const { samples } = await trained('model', planOf('gru'), { learningRate: 0.1 });
    expect(new Set(samples.map(({ seed }) => seed)).size).toBe(3);
    expect(new Set(samples.map(({ text }) => text)).size).toBe(3);
    for (const { text, prompt, temperature } of samples) {
      expect(text).not.toContain('<unk>');
      expect(text.split(/\s+/).length).toBeGreaterThan(10);
      expect(prompt).toBe('<eos>');
      expect(temperature).toBe(0.8);
    }
  });

  it('on training and validation text together sees more', async () => {
    const training = await open('all', planOf('gru', { text: 'train+validation' }));
    expect(training.facts).toMatchObject({ words: 1400, validationWords: 200 });
    training.dispose();
  });

  it.each([
    ['another seed', { seed: 6 }, /its seed is 5, now it is 6/],
    ['other text', { text: 'train+validation' as const }, /its text trained on/],
    [
      'another size',
      { languageModel: { dataset, model: { hidden: 9, layers: 2 } } },
      /its shape is .*"hidden":8.*"hidden":9/,
    ],
  ])('refuses the checkpoint of %s', async (_, changes, words) => {
    await trained('model', planOf('gru', { epochs: 1 }), {});
    await expect(open('model', planOf('gru', { epochs: 1, ...changes }))).rejects.toThrow(words);
  });

  it('that diverges says what to change, and opens no test text', async () => {
    const training = await open('wild', planOf('nascell'), { learningRate: 1e4, clipNorm: 1e6, dropout: {} });
    await expect(training.train(running(), () => {})).rejects.toThrow(
      /the final training of the cell came to no end: it diverged.*test set was not opened.*learningRate/,
    );
    training.dispose();
  });
});

describe('the test of a finished cell', () => {
  it('word by word reads the whole test text in one pass', async () => {
    const training = await open('model', planOf('lstm', { epochs: 1 }), { learningRate: 0.1 });
    await training.train(running(), () => {});
    const test = await training.test();
    expect(test).toMatchObject({ metric: 'perplexity' });
    expect(test.words).toBeGreaterThan(2000);
    expect(test.perplexity).toBeGreaterThan(1);
    expect(test.perplexity).toBeLessThan(60);
    expect(test.bitsPerToken).toBeCloseTo(Math.log2(test.perplexity), 12);
    expect(test.datasetChecksum).not.toBe(training.facts.datasetChecksum);
    expect(await training.test()).toEqual(test);
    training.dispose();
  });

  it('character by character tells bits per character', async () => {
    const characters = {
      name: 'text',
      path: dataset.path,
      level: 'character',
      unknown: '<unk>',
      trainTokens: 20_000,
      validationTokens: 500,
    };
    const languageModel = { dataset: characters, model: { hidden: 8, layers: 1 } };
    const training = await open('model', planOf('gru', { epochs: 1, languageModel }), {
      learningRate: 0.3,
      batchSize: 10,
      dropout: { input: 0, output: 0, recurrent: 0, embedding: 0 },
    });
    expect(training.facts.level).toBe('character');
    await training.train(running(), () => {});
    const { bitsPerToken } = await training.test();
    expect(bitsPerToken).toBeGreaterThan(1);
    expect(bitsPerToken).toBeLessThan(6);
    const { samples } = training.finished(1);
    expect(samples[0]?.text).toHaveLength(300);
    training.dispose();
  });
});
