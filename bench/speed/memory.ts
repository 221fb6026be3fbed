/**
 * Predicted against measured memory of training random networks, each in a process of its own; writes memory.md.
 *
 *     npx tsx bench/speed/memory.ts [--samples 100] [--first 0] [--side 32] [--batch 32] [--threads 2]
 *
 * Tensor bytes are the engine's own count (`peakNativeBytes`); resident growth is the largest resident memory less
 * what the process held when engine and images were loaded. Independent of how busy the machine is.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ones, scope, setThreads } from '@nascent/torch';
import { EVALUATION_BATCH } from '../../packages/nascent/src/child/classify.ts';
import { predictResidentGrowth, predictTrainingBytes } from '../../packages/nascent/src/child/memory.ts';
import { planNetwork } from '../../packages/nascent/src/search-space/index.ts';
import { measuredTrainingBytes, variousArchitecture } from '../../packages/nascent/test/measured-training.ts';

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '100' },
    first: { type: 'string', default: '0' },
    side: { type: 'string', default: '32' },
    batch: { type: 'string', default: '32' },
    threads: { type: 'string', default: '2' },
    one: { type: 'string' },
  },
});
const [side, batchSize, threads] = [values.side, values.batch, values.threads].map(Number) as [
  number,
  number,
  number,
];

interface Measurement {
  readonly number: number;
  readonly precision: 'float32' | 'bfloat16';
  readonly layers: number;
  readonly predicted: number;
  readonly measured: number;
  readonly resident: number;
}

/** Resident bytes now, from /proc: `process.memoryUsage.rss()` costs the same and is less exact. */
const resident = (field: 'VmRSS' | 'VmHWM'): number =>
  1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

async function measure(number: number): Promise<Measurement> {
  setThreads(threads);
  const precision = number % 2 === 0 ? 'float32' : 'bfloat16';
  const plan = planNetwork(variousArchitecture(number), {
    height: side,
    width: side,
    channels: 3,
    classes: 10,
  });
  // Half of them score in a batch larger than training's.
  const scored = number % 4 < 2 ? batchSize : Math.min(4 * batchSize, EVALUATION_BATCH);
  const predicted = predictTrainingBytes(plan, { precision, batchSize, evaluationExamples: scored });
  scope(() => ones([64, 64]).matmul(ones([64, 64]))); // the engine's threads and libraries are there
  const before = resident('VmRSS');
  const measured = await measuredTrainingBytes(plan, { precision, batchSize, scored });
  const layers = plan.layers.length;
  return { number, precision, layers, predicted, measured, resident: resident('VmHWM') - before };
}

if (values.one !== undefined) {
  process.stdout.write(`${JSON.stringify(await measure(Number(values.one)))}\n`);
} else {
  const found = Array.from({ length: Number(values.samples) }, (_, i): Measurement => {
    const number = Number(values.first) + i;
    const script = fileURLToPath(import.meta.url);
    const args = ['--import', 'tsx', script, '--one', `${number}`];
    const more = ['--side', values.side, '--batch', values.batch, '--threads', values.threads];
    const run = spawnSync(process.execPath, [...args, ...more], {
      encoding: 'utf8',
      env: { ...process.env, OMP_WAIT_POLICY: 'passive' },
    });
    if (run.status !== 0) throw new Error(`sample ${number} failed:\n${run.stderr}`);
    return JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as Measurement;
  });
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  const sorted = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);
  const at = (list: readonly number[], part: number): string =>
    (sorted(list)[Math.round(part * (list.length - 1))] ?? Number.NaN).toFixed(2);
  const spread = (list: readonly number[]): string =>
    `${at(list, 0)} | ${at(list, 0.05)} | ${at(list, 0.5)} | ${at(list, 0.95)} | ${at(list, 1)}`;
  const lines = [
    '# Predicted against measured memory of training',
    '',
    `${found.length} random networks of four spaces (skips, strides, every type of layer, blocks with pooling), ` +
      `images of ${side}×${side}, batch ${batchSize}, ${threads} threads, a process each.`,
    `Command: \`npx tsx bench/speed/memory.ts ${process.argv.slice(2).join(' ')}\`.`,
    '',
    '| ratio | least | 5 % | median | 95 % | most |',
    '| --- | --- | --- | --- | --- | --- |',
    `| predicted / measured tensor bytes | ${spread(found.map((one) => one.predicted / one.measured))} |`,
    `| predicted / measured resident growth | ${spread(found.map((one) => predictResidentGrowth(one.predicted) / one.resident))} |`,
    '',
    '| network | precision | layers | predicted MiB | measured MiB | ratio | predicted resident | resident growth MiB |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...found.map(
      ({ number, precision, layers, predicted, measured, resident: grown }) =>
        `| ${number} | ${precision} | ${layers} | ${mib(predicted)} | ${mib(measured)} | ${(predicted / measured).toFixed(2)} | ${mib(predictResidentGrowth(predicted))} | ${mib(grown)} |`,
    ),
  ];
  writeFileSync(fileURLToPath(new URL('memory.md', import.meta.url)), `${lines.join('\n')}\n`);
  process.stdout.write(`${lines.join('\n')}\n`);
}
