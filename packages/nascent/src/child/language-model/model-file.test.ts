import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveTensors, loadSafetensors, saveSafetensors, scope, type Tensor } from '@nascent/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { knownCell } from '../../../test/plain-language-model.ts';
import { messageOf } from '../../errors.ts';
import { ModelFileError } from '../checked-model-file.ts';
import { loadModel } from '../model-file.ts';
import { LanguageModel } from './language-model.ts';
import { type LanguageModelFacts, loadLanguageModel, modelOf, saveLanguageModel } from './model-file.ts';

/* What both kinds of model files share is tested in ../model-file.test.ts. */

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nascent-language-model-'));
  path = join(directory, 'model.safetensors');
});
afterEach(() => rmSync(directory, { recursive: true }));

const factsOf = (cell: string, changes: Partial<LanguageModelFacts> = {}): LanguageModelFacts => ({
  architecture: knownCell(cell),
  shape: { vocabulary: 4, hidden: 3, layers: 2, tied: false },
  vocabulary: { level: 'word', words: ['<unk>', 'the', 'prínce', '<eos>'], unknown: '<unk>' },
  dataset: 'war-and-peace.txt',
  datasetChecksum: 'abc',
  tokens: null,
  ...changes,
});

function save(facts: LanguageModelFacts, weightsOf = facts): void {
  const { architecture, shape } = weightsOf;
  const model = new LanguageModel(architecture, shape, { seed: 3, initialisation: 0.1 });
  saveLanguageModel(path, model.stateDict(), facts);
  model.dispose();
}

function refused(read: (path: string) => unknown = loadLanguageModel): ModelFileError {
  const before = liveTensors();
  try {
    read(path);
  } catch (thrown) {
    expect(liveTensors()).toBe(before);
    if (thrown instanceof ModelFileError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

const values = (state: ReadonlyMap<string, Tensor>) =>
  [...state].map(([name, value]) => [name, value.toFloat32()] as const).sort();

describe('a finished language model', () => {
  it.each(['nascell', 'worked-example', 'lstm', 'gru'])(
    '%s comes back with its facts and its weights, bit for bit',
    (cell) => {
      const facts = factsOf(cell);
      save(facts);
      scope(() => {
        const { architecture, shape } = facts;
        const original = new LanguageModel(architecture, shape, { seed: 3, initialisation: 0.1 });
        const stored = loadLanguageModel(path);
        expect(stored.facts).toEqual(facts);
        expect(values(stored.state)).toEqual(values(original.stateDict()));
        const model = modelOf(stored);
        expect(model.training).toBe(false);
        expect(values(model.stateDict())).toEqual(values(stored.state));
        original.dispose();
        model.dispose();
      });
    },
  );

  it('with one table for embedding and softmax keeps that table once', () => {
    save(factsOf('lstm', { shape: { vocabulary: 4, hidden: 3, layers: 1, tied: true } }));
    scope(() => {
      const { state } = loadLanguageModel(path);
      expect([...state.keys()].filter((name) => !name.startsWith('layers.'))).toEqual([
        'embedding.weight',
        'softmax.bias',
      ]);
    });
  });
});

describe('a file that is no usable language model is refused', () => {
  it('cut short', () => {
    save(factsOf('gru'));
    writeFileSync(path, readFileSync(path).subarray(0, -5));
    expect(refused().code).toBe('MODEL_BROKEN');
  });

  it('with a word changed', () => {
    save(factsOf('gru'));
    writeFileSync(path, readFileSync(path, 'latin1').replace('the', 'tha'), 'latin1');
    expect(refused()).toMatchObject({
      code: 'MODEL_BROKEN',
      message: expect.stringContaining('its content does not match its checksum'),
    });
  });

  it('with more words than its shape says', () => {
    const facts = factsOf('gru');
    save({ ...facts, vocabulary: { ...facts.vocabulary, words: [...facts.vocabulary.words, 'war'] } }, facts);
    expect(refused()).toMatchObject({
      code: 'MODEL_BROKEN',
      message: expect.stringContaining('not as many words as its shape says'),
    });
  });

  it('with an architecture that is no cell', () => {
    const facts = factsOf('gru');
    save({ ...facts, architecture: { ...facts.architecture, cell: 'elman' } as never }, facts);
    const error = refused();
    expect(error.code).toBe('MODEL_BROKEN');
    expect(messageOf(error)).toMatch(/its architecture is none.*"native-cell" is malformed/s);
  });

  it('with the weights of another cell, naming the tensors', () => {
    save(factsOf('lstm'), factsOf('gru'));
    const error = refused();
    expect(error.code).toBe('MODEL_MISMATCH');
    expect(messageOf(error)).toContain('layers.1.weight_ih_l0 is [9, 3], expected [12, 3]');
  });

  it('of a later release', () => {
    save(factsOf('gru'));
    scope(() => {
      const { tensors, metadata } = loadSafetensors(path);
      const text = metadata['nascent.language-model'] ?? '';
      saveSafetensors(path, tensors, {
        'nascent.language-model': text.replace('"version":1', '"version":2'),
      });
    });
    expect(refused()).toMatchObject({
      code: 'MODEL_FOREIGN',
      message: expect.stringMatching(/version 2; this release reads version 1/),
    });
  });

  it('where a network for images is expected, and says what it is', () => {
    save(factsOf('gru'));
    expect(refused(loadModel)).toMatchObject({
      code: 'MODEL_FOREIGN',
      message: expect.stringMatching(/holds a finished language model, and a finished network for images/),
    });
  });
});
