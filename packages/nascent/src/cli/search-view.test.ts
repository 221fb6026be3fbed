import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { duration, renderSearch, type SearchStatus, scoreText } from './search-view.ts';

const accuracy = (value: number) => ({ split: 'validation', metric: 'accuracy', value }) as const;

const status: SearchStatus = {
  finished: 9,
  total: 36,
  failed: 1,
  stopped: 0,
  running: [
    { trial: 10, epoch: 2, score: accuracy(0.4123), elapsedMs: 7_400 },
    { trial: 11, epoch: 0, score: null, elapsedMs: 900 },
  ],
  lastReward: 0.07,
  baseline: 0.0612,
  best: { trial: 4, score: accuracy(0.452), reward: 0.0923 },
  elapsedMs: 65_000,
  remainingMs: 190_000,
};

describe('live view of a search', () => {
  it('shows progress, time left, best, reward, baseline and every running child', () => {
    expect(renderSearch(status, 80, pc.createColors(false))).toEqual([
      `${'█'.repeat(10)}${'░'.repeat(30)} 9/36 trials`,
      '1 min 05 s elapsed, about 3 min 10 s left',
      'best 45.20 % (trial 4) · reward 0.0700 · baseline 0.0612 · 1 failed',
      '  trial 10: epoch 2, 41.23 %, 7 s',
      '  trial 11: first epoch, 1 s',
    ]);
  });

  it('counts the children that were stopped early', () => {
    expect(renderSearch({ ...status, stopped: 3 }, 100, pc.createColors(false))[2]).toBe(
      'best 45.20 % (trial 4) · reward 0.0700 · baseline 0.0612 · 3 stopped early · 1 failed',
    );
  });

  it('never writes a line that a narrow terminal would wrap', () => {
    for (const line of renderSearch(status, 40, pc.createColors(false))) {
      expect(line.length).toBeLessThanOrEqual(40);
    }
  });

  it('reads before the first trial has finished', () => {
    const lines = renderSearch(
      { ...status, finished: 0, failed: 0, best: null, lastReward: null, baseline: null, remainingMs: null },
      80,
      pc.createColors(false),
    );
    expect(lines[1]).toBe('1 min 05 s elapsed');
    expect(lines[2]).toBe('best none yet · reward – · baseline –');
  });
});

describe('durations', () => {
  it('are seconds, minutes, hours', () => {
    expect([0, 7_000, 65_000, 3_720_000].map(duration)).toEqual(['0 s', '7 s', '1 min 05 s', '1 h 02 min']);
  });
});

describe('scores', () => {
  it('are percentages where they are accuracies', () => {
    expect(scoreText(accuracy(0.4123))).toBe('41.23 %');
    expect(scoreText(null)).toBe('–');
  });

  it.each([
    [2.3456, '2.346'],
    [81.234, '81.23'],
    [123.45, '123.5'],
    [1234.5, '1235'],
    [9999.96, '10000'],
    [38_421.7, '38422'],
    [12_345_678, '1.2e+7'],
  ])('are numbers with about four digits where they are perplexities: %d as %s', (value, text) => {
    expect(scoreText({ metric: 'perplexity', value })).toBe(text);
  });
});
