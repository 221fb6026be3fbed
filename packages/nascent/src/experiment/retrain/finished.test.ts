import { describe, expect, it } from 'vitest';
import { recipeSchema } from '../../child/recipe.ts';
import type { LogEntry } from '../../store/store.ts';
import { finishedTraining } from './finished.ts';
import { testedSoFar } from './test-once.ts';

/** What the first releases, which knew networks for images alone, wrote into the log. */
const before = {
  'final-trained': {
    run: 1,
    recipe: recipeSchema.parse({ epochs: 1 }),
    curve: [
      {
        epoch: 1,
        trainingLoss: 2,
        score: { split: 'validation', metric: 'accuracy', value: 0.4 },
        elapsedMs: 3,
      },
    ],
    image: { channels: 3, height: 32, width: 32, classes: 2 },
    classNames: ['cat', 'dog'],
    parameters: 12,
    examples: 90,
    validationExamples: 10,
    datasetChecksum: 'abc',
    threads: 1,
  },
  'test-set-opened': { network: 'trial 3' },
  'test-set-result': {
    network: 'trial 3',
    confusion: [
      [1, 0],
      [0, 1],
    ],
    accuracy: 1,
    datasetChecksum: 'def',
  },
};

const log = Object.entries(before).map(
  ([kind, detail]) => ({ kind, detail, at: '2026-01-02T03:04:05Z' }) as unknown as LogEntry,
);

describe('results that the first releases stored', () => {
  it('a finished training is one of a network for images', () => {
    expect(finishedTraining(log)).toEqual({ kind: 'classifier', ...before['final-trained'] });
  });

  it('a test is an accuracy', () => {
    const { confusion, accuracy, datasetChecksum } = before['test-set-result'];
    expect(testedSoFar(log)).toEqual({
      cutOff: 0,
      result: {
        metric: 'accuracy',
        confusion,
        accuracy,
        datasetChecksum,
        openedAt: '2026-01-02T03:04:05Z',
        cutOff: 0,
      },
    });
  });
});
