import { describe, expect, it } from 'vitest';
import { measuredTrainingBytes, variousArchitecture } from '../../test/measured-training.ts';
import { planNetwork } from '../search-space/index.ts';
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
    const predicted = predictTrainingBytes(plan, { precision, batchSize: 16, evaluationBatch: 8 });
    expect(predicted / measured).toBeGreaterThan(0.8);
    expect(predicted / measured).toBeLessThan(1.2);
  });

  it.each([0, 1, 2, 3])('network %i where scoring needs more than training', async (number) => {
    const plan = planNetwork(variousArchitecture(number), image);
    const measured = await measuredTrainingBytes(plan, { precision: 'float32', batchSize: 2, scored: 100 });
    const predicted = predictTrainingBytes(plan, {
      precision: 'float32',
      batchSize: 2,
      evaluationBatch: 100,
    });
    expect(predicted / measured).toBeGreaterThan(0.8);
    expect(predicted / measured).toBeLessThan(1.2);
  });
});
