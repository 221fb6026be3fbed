import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { type FinalStatus, finalLine, renderFinal } from './retrain-view.ts';

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
