import { describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { loadTrainingImages } from './load.ts';
import { measurePreprocessing, preprocessingSchema } from './preprocessing.ts';
import { channelStatistics } from './standardise.ts';

const dataset = await loadTrainingImages('cifar10', { path: fixtures.cifar10 });
const indices = Int32Array.of(3, 14, 15, 92, 65);

describe('preprocessing', () => {
  it('per-image measures nothing', () => {
    expect(measurePreprocessing('per-image', dataset, indices)).toEqual({ kind: 'per-image' });
  });

  it('per-channel is measured on the images given', () => {
    const { mean, deviation } = channelStatistics(dataset, indices);
    expect(measurePreprocessing('per-channel', dataset, indices)).toEqual({
      kind: 'per-channel',
      mean,
      deviation,
    });
  });

  it.each(['per-image', 'per-channel'] as const)('%s survives JSON, bit for bit', (kind) => {
    const measured = measurePreprocessing(kind, dataset, indices);
    expect(preprocessingSchema.parse(JSON.parse(JSON.stringify(measured)))).toEqual(measured);
  });

  it('refuses a deviation that cannot divide', () => {
    const broken = { kind: 'per-channel', mean: [0, 0, 0], deviation: [1, 0, 1] };
    expect(preprocessingSchema.safeParse(broken).success).toBe(false);
  });
});
