import { describe, expect, it } from 'vitest';
import { describeSample } from '../statistics/describe-sample.ts';
import { decimal, intervalText, pCell, pText, spreadText } from './score-text.ts';

describe('numbers of a report', () => {
  it('p-values keep two digits, and end at 1e-20', () => {
    expect([0.97, 0.046, 0.0012, 0.00057, 3e-15, 1e-21, 0].map(pText)).toEqual([
      'p = 0.97',
      'p = 0.046',
      'p = 0.001',
      'p = 5.7e-4',
      'p = 3.0e-15',
      'p < 1e-20',
      'p < 1e-20',
    ]);
    expect(pCell(0)).toBe('< 1e-20');
  });

  it('minus signs are real, and there is no −0.00', () => {
    expect(decimal(-0.123, 2)).toBe('−0.12');
    expect(decimal(-0.001, 2)).toBe('0.00');
  });

  it('accuracies are shown in percent, perplexities as they are', () => {
    const sample = describeSample([0.94, 0.96]);
    expect(spreadText(sample, 'accuracy')).toBe('95.00 ± 1.41 (1.00)');
    expect(spreadText(describeSample([80]), 'perplexity')).toBe('80.00');
    expect(spreadText(null, 'accuracy')).toBe('–');
    expect(intervalText(0.0041, { low: -0.0038, high: 0.0044 }, 100)).toBe('0.41 [−0.38, 0.44]');
    expect(intervalText(0.0041, null, 100)).toBe('0.41');
  });
});
