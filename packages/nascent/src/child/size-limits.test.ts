import { liveTensors, nativeBytes, peakNativeBytes } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { randomStream } from '../random.ts';
import { convolutional, planNetwork, sampleUniformly } from '../search-space/index.ts';
import { createEvaluator, type ImageClassifier } from './image-classifier.ts';
import { overLimit } from './size-limits.ts';

const space = convolutional({ filterHeight: [1, 3], filterWidth: [1, 3], filterCount: [4, 6] });
const architecture = space.decode(sampleUniformly(space, { layers: 2 }, randomStream(1)));
const image = { channels: 3, classes: 10, height: 32, width: 32 };
const { parameters, flops } = planNetwork(architecture, image);
const dataset = { name: 'cifar10', path: 'cifar10', trainExamples: 60, validationExamples: 40 };
const environment = { threads: 1, configDirectory: `${fixtures.cifar10}/..` };

async function evaluated(options: object, memoryMiB: number | null = null) {
  const place = { ...environment, memoryMiB };
  const evaluator: ImageClassifier = await createEvaluator({ dataset, epochs: 1, ...options }, place);
  const live = liveTensors();
  const held = nativeBytes();
  peakNativeBytes({ reset: true });
  const context = { seed: 1, signal: new AbortController().signal, report: () => {} };
  const evaluation = await evaluator.evaluate(architecture, context);
  const builtBytes = peakNativeBytes() - held;
  expect(liveTensors()).toBe(live);
  evaluator.dispose();
  return { evaluation, builtBytes };
}

describe('limits on the size of a child', () => {
  it.each([
    ['parameters', { maxParameters: parameters - 1 }, parameters, parameters - 1],
    ['flops', { maxFlops: flops - 1 }, flops, flops - 1],
  ])(
    'one over its limit of %s is refused before anything of it is built',
    async (measure, options, value, limit) => {
      const { evaluation, builtBytes } = await evaluated(options);
      expect(evaluation.outcome).toEqual({ kind: 'too-large', measure, value, limit });
      expect(evaluation).toMatchObject({ curve: [], parameters: null, facts: { flops } });
      expect(builtBytes).toBe(0);
    },
  );

  it.each([
    ['of the evaluator', { memoryMiB: 100 }, 1e6],
    ['of the study', {}, 100],
  ])(
    'one whose training is predicted to pass the memory limit %s is refused too',
    async (_, options, ofStudy) => {
      const { evaluation, builtBytes } = await evaluated(options, ofStudy);
      expect(evaluation.outcome).toMatchObject({ kind: 'too-large', measure: 'memory', limit: 100 });
      expect(builtBytes).toBe(0);
      const predicted = evaluation.outcome.kind === 'too-large' ? evaluation.outcome.value : 0;
      const { evaluation: fits, builtBytes: built } = await evaluated({ memoryMiB: predicted + 200 });
      expect(fits.outcome).toEqual({ kind: 'completed' });
      expect(built).toBeGreaterThan(4 * parameters);
    },
  );

  it('one at its limits is trained', async () => {
    const { evaluation } = await evaluated({ maxParameters: parameters, maxFlops: flops });
    expect(evaluation.outcome).toEqual({ kind: 'completed' });
  });

  it('of several the first that is passed is named', () => {
    expect(
      overLimit([
        { measure: 'parameters', value: 9, limit: null },
        { measure: 'flops', value: 9, limit: 9 },
        { measure: 'memory', value: 9.5, limit: 9 },
      ]),
    ).toEqual({ kind: 'too-large', measure: 'memory', value: 9.5, limit: 9 });
  });
});
