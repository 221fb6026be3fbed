import { expect, it, vi } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { randomStream } from '../random.ts';
import { convolutional, hashOf, sampleUniformly } from '../search-space/index.ts';
import { createEvaluator } from './image-classifier.ts';
import type { ResumableTraining } from './resumable-training.ts';

const identities = vi.hoisted((): unknown[] => []);
vi.mock('./resumable-training.ts', () => ({
  trainResumably: async ({ identity }: ResumableTraining) => {
    identities.push(identity);
    return { kind: 'completed' };
  },
}));

const space = convolutional({ filterHeight: [3], filterWidth: [3], filterCount: [4] });
const architecture = space.decode(sampleUniformly(space, { layers: 1 }, randomStream(1)));
const dataset = { name: 'cifar10', path: 'cifar10', trainExamples: 60, validationExamples: 40 };

async function identityOn(machine: { readonly memoryMiB?: number }, learningRate = 0.05): Promise<string> {
  const environment = { threads: 1, configDirectory: `${fixtures.cifar10}/..`, ...machine };
  const evaluator = await createEvaluator({ dataset, epochs: 1, learningRate }, environment);
  await evaluator.evaluate(architecture, { seed: 1, signal: new AbortController().signal, report: () => {} });
  evaluator.dispose();
  return hashOf(identities.at(-1));
}

it('a child is the same on a machine with other memory, so that its checkpoint is found there', async () => {
  const here = await identityOn({});
  expect(await identityOn({ memoryMiB: 20_000 })).toBe(here);
  expect(await identityOn({}, 0.1)).not.toBe(here);
});
