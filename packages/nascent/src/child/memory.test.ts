import { describe, expect, it } from 'vitest';
import { measuredTrainingBytes, variousArchitecture } from '../../test/measured-training.ts';
import { planNetwork } from '../search-space/index.ts';
import { EVALUATION_BATCH } from './classify.ts';
import { predictTrainingBytes } from './memory.ts';

const image = { height: 16, width: 16, channels: 3, classes: 10 };

describe('the memory of a training, predicted from the plan alone', () => {
  it.each(
    Array.from({ length: 12 }, (_, number) => ({
      number,
      precision: number % 3 === 2 ? ('bfloat16' as const) : ('float32' as const),
    })),
  )('network $number in $precision is within 20 % of the bytes counted', async ({ number, precision }) => {
    const plan = planNetwork(variousArchitecture(number), image);
    const measured = await measuredTrainingBytes(plan, { precision, batchSize: 16, scored: 8 });
    const predicted = predictTrainingBytes(plan, { precision, batchSize: 16, evaluationExamples: 8 });
    expect(predicted / measured).toBeGreaterThan(0.8);
    expect(predicted / measured).toBeLessThan(1.2);
  });

  it.each([0, 1, 2, 3])('network %i where scoring needs more than training', async (number) => {
    const plan = planNetwork(variousArchitecture(number), image);
    const measured = await measuredTrainingBytes(plan, { precision: 'float32', batchSize: 2, scored: 100 });
    const predicted = predictTrainingBytes(plan, {
      precision: 'float32',
      batchSize: 2,
      evaluationExamples: 100,
    });
    expect(predicted / measured).toBeGreaterThan(0.8);
    expect(predicted / measured).toBeLessThan(1.2);
  });

  it('counts the batch that is prepared ahead where there is more than one to score, and that of latency', () => {
    const plan = planNetwork(variousArchitecture(0), image);
    const bytesFor = (scoring: { evaluationExamples?: number; latencyBatch?: number }) =>
      predictTrainingBytes(plan, { precision: 'float32', batchSize: 1, ...scoring });
    const imageBytes = 4 * image.channels * image.height * image.width;
    const one = bytesFor({ evaluationExamples: EVALUATION_BATCH });
    expect(bytesFor({ evaluationExamples: EVALUATION_BATCH + 1 }) - one).toBe(EVALUATION_BATCH * imageBytes);
    expect(bytesFor({})).toBe(bytesFor({ evaluationExamples: EVALUATION_BATCH + 1 }));
    expect(bytesFor({ evaluationExamples: 1, latencyBatch: EVALUATION_BATCH })).toBe(one);
  });
});
