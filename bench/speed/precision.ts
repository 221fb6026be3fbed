/**
 * Validation accuracy of the same child in float32 and bfloat16; prints one line of JSON.
 *
 *     npx tsx bench/speed/precision.ts [--quick] [--network NAME]    NAME of networks.json; a chain of three by default
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { createEvaluator } from '../../packages/nascent/src/child/index.ts';
import { aboutNetwork, benchNetwork } from './networks.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, network: { type: 'string', default: 'small' } },
});
const { quick } = values;
const epochs = quick ? 1 : 8;
const [trainExamples, validationExamples] = quick ? [600, 400] : [10_000, 2_000];
const seeds = quick ? [1] : [1, 2, 3];
const architecture = benchNetwork(values.network);

async function accuracy(precision: 'float32' | 'bfloat16', seed: number): Promise<number> {
  const evaluator = await createEvaluator(
    {
      dataset: { name: 'cifar10', trainExamples, validationExamples },
      epochs,
      learningRate: 0.05,
      schedule: 'cosine',
      precision,
    },
    { threads: availableParallelism(), configDirectory: process.cwd() },
  );
  const { curve } = await evaluator.evaluate(architecture, {
    seed,
    signal: new AbortController().signal,
    report: () => undefined,
  });
  evaluator.dispose();
  return Math.max(...curve.map(({ score }) => score.value));
}

const runs: { readonly seed: number; readonly float32: number; readonly bfloat16: number }[] = [];
for (const seed of seeds)
  runs.push({ seed, float32: await accuracy('float32', seed), bfloat16: await accuracy('bfloat16', seed) });
const mean = (precision: 'float32' | 'bfloat16'): number =>
  runs.reduce((sum, run) => sum + run[precision], 0) / runs.length;
process.stdout.write(
  `${JSON.stringify({
    about: `${aboutNetwork(values.network)}, ${epochs} epochs of ${trainExamples} CIFAR-10 images (cosine from 0.05, batch 64), best epoch on ${validationExamples} validation images`,
    runs,
    mean: { float32: mean('float32'), bfloat16: mean('bfloat16') },
  })}\n`,
);
