import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { languageModelRecipeSchema } from '../child/language-model/recipe.ts';
import { recipeSchema } from '../child/recipe.ts';
import type { TrainingFacts } from '../experiment/retrain/finished.ts';
import { beginningLine, type FinalStatus, finalLine, renderFinal } from './retrain-view.ts';

const last = {
  epoch: 12,
  trainingLoss: 0.53218,
  score: { split: 'validation', metric: 'accuracy', value: 0.812 },
  elapsedMs: 61_000,
} as const;
const status: FinalStatus = { epochs: 48, last, saved: 10, elapsedMs: 61_000, remainingMs: 183_000 };

describe('live view of a final training', () => {
  it('shows epochs, time left, the last scores and the last checkpoint', () => {
    expect(renderFinal(status, 80, pc.createColors(false))).toEqual([
      `${'█'.repeat(10)}${'░'.repeat(30)} epoch 12/48`,
      '1 min 01 s elapsed, about 3 min 03 s left',
      'loss 0.5322, validation accuracy 81.20 %',
      'checkpoint after epoch 10',
    ]);
  });

  it('says nothing that is not known yet', () => {
    const first = { ...status, last: null, saved: 0, elapsedMs: 400, remainingMs: null };
    expect(renderFinal(first, 80, pc.createColors(false))).toEqual([
      `${'░'.repeat(40)} epoch 0/48`,
      '0 s elapsed',
    ]);
  });

  it('never writes a line that a narrow terminal would wrap', () => {
    for (const line of renderFinal(status, 40, pc.createColors(false)))
      expect(line.length).toBeLessThanOrEqual(40);
  });

  it('is one line in a log', () => {
    expect(finalLine(last, 48, true)).toBe(
      '[epoch 12/48] loss 0.5322, validation accuracy 81.20 %, 1 min 01 s, saved',
    );
  });
});

describe('what a final training says as it begins', () => {
  const common = { parameters: 12, datasetChecksum: 'abc', threads: 1 };

  it('of a network for images', () => {
    const facts: TrainingFacts = {
      kind: 'classifier',
      ...common,
      recipe: recipeSchema.parse({ epochs: 40 }),
      image: { channels: 3, height: 32, width: 32, classes: 10 },
      classNames: [],
      examples: 45_000,
      validationExamples: 5_000,
    };
    expect(beginningLine(facts, 0)).toBe(
      'final training: 40 epochs on 45,000 images, learning rate 0.1, weight decay 0.0001',
    );
    expect(beginningLine(facts, 3)).toMatch(/, going on after epoch 3 from its checkpoint$/);
  });

  it('of a cell', () => {
    const facts: TrainingFacts = {
      kind: 'language-model',
      ...common,
      recipe: languageModelRecipeSchema.parse({}),
      shape: { vocabulary: 10_000, hidden: 650, layers: 2, tied: false },
      level: 'word',
      dataset: 'penn-treebank',
      words: 929_589,
      validationWords: 73_760,
    };
    expect(beginningLine(facts, 0)).toBe(
      'final training: 35 epochs on 929,589 words, learning rate 1, initialisation ±0.05, ' +
        'dropout 0.5 input, 0.5 output, 0.2 recurrent, 0.2 embedding, decay from epoch 6',
    );
  });
});
