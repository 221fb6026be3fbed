import { describe, expect, it } from 'vitest';
import type { Evaluation } from './evaluation.ts';
import { EvaluationInvalidError, parseEpochReport, parseEvaluation } from './parse.ts';

const score = { split: 'validation', metric: 'accuracy', value: 0.5 } as const;
const epoch = { epoch: 1, trainingLoss: 2.3, score, elapsedMs: 10 };
const evaluation: Evaluation = {
  outcome: { kind: 'completed' },
  curve: [epoch],
  parameters: 10,
  facts: { flops: 1e6 },
};

describe('evaluation edge', () => {
  it('keeps a sound evaluation as it is', () => {
    expect(parseEvaluation(structuredClone(evaluation))).toEqual(evaluation);
  });

  it.each([
    ['an accuracy in percent', { ...epoch, score: { ...score, value: 50 } }, 'score.value'],
    [
      'a perplexity below 1',
      { ...epoch, score: { ...score, metric: 'perplexity', value: 0.9 } },
      'at least 1',
    ],
    ['a loss that is not finite', { ...epoch, trainingLoss: Number.NaN }, 'trainingLoss'],
    ['an epoch counted from 0', { ...epoch, epoch: 0 }, 'epoch'],
    ['an unknown split', { ...epoch, score: { ...score, split: 'train' } }, 'score.split'],
  ])('%s is refused and named', (_, report, named) => {
    expect(() => parseEpochReport(report)).toThrow(EvaluationInvalidError);
    expect(() => parseEpochReport(report)).toThrow(named);
  });

  it.each([[null], ['0.9'], [{ ...evaluation, outcome: { kind: 'fine' } }], [{ ...evaluation, extra: 1 }]])(
    'garbage is refused: %j',
    (garbage) => {
      expect(() => parseEvaluation(garbage)).toThrow(EvaluationInvalidError);
    },
  );
});
