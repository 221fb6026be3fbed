/**
 * What the paper's augmentation costs a training step: the time of steps with and without it, and the processor
 * time that preparing batches takes on its own thread.
 *
 *   OMP_WAIT_POLICY=passive npx tsx bench/speed/augmentation.ts --images DIRECTORY    writes augmentation.md
 *       [--network six-layers] [--batch 64] [--steps 10] [--rounds 9] [--threads 2] [--quick]
 *
 * Three trainers of the same network take turns, in another order each round: no augmentation, flips, and the
 * paper's (enlarged to 40 pixels, cropped at random, mirrored), all with per-image whitening.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { engineInfo, setThreads } from '@nascent/torch';
import {
  ClassifierTrainer,
  ConvolutionalNetwork,
  ImageTensors,
  recipeSchema,
} from '../../packages/nascent/src/child/index.ts';
import { exampleCount, loadTrainingImages } from '../../packages/nascent/src/dataset/index.ts';
import { randomStream } from '../../packages/nascent/src/random.ts';
import { planNetwork } from '../../packages/nascent/src/search-space/index.ts';
import { benchNetwork } from './networks.ts';

const { values } = parseArgs({
  options: {
    images: { type: 'string' },
    network: { type: 'string', default: 'six-layers' },
    batch: { type: 'string', default: '64' },
    steps: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '9' },
    threads: { type: 'string', default: '2' },
    /** Only checks that it runs: writes nothing. */
    quick: { type: 'boolean', default: false },
  },
});
const [batchSize, threads] = [Number(values.batch), Number(values.threads)];
const [steps, rounds] = values.quick ? [2, 2] : [Number(values.steps), Number(values.rounds)];

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const spread = (numbers: readonly number[], digits: number): string =>
  `${median(numbers).toFixed(digits)} (${Math.min(...numbers).toFixed(digits)}–${Math.max(...numbers).toFixed(digits)})`;
const pause = () => new Promise<void>((resolve) => void setImmediate(resolve));

setThreads(threads);
const images = await loadTrainingImages('cifar10', { path: values.images });
const data = new ImageTensors(images, { preprocessing: { kind: 'per-image' } });
const plan = planNetwork(benchNetwork(values.network), data);

const cases = (
  [
    ['none', { flip: false, upsample: null }],
    ['flips', { flip: true, upsample: null }],
    ['the paper’s', { flip: true, upsample: 40 }],
  ] as const
).map(([title, augmentation]) => {
  const recipe = recipeSchema.parse({ epochs: 1, batchSize, schedule: 'constant', ...augmentation });
  const network = new ConvolutionalNetwork(plan, { seed: 0 });
  const trainer = new ClassifierTrainer(network, data, recipe, batchSize * steps);
  return { title, trainer, stepMs: [] as number[], batchMs: [] as number[] };
});

/** Milliseconds a step, and of processor time for its batch. */
async function timed(trainer: ClassifierTrainer, round: number): Promise<readonly [number, number]> {
  const random = randomStream(0, 'bench', round);
  const order = Int32Array.from({ length: steps * batchSize }, () => random.integer(exampleCount(images)));
  const [began, busy] = [performance.now(), trainer.batchSeconds];
  await trainer.epoch(order, random, pause);
  return [(performance.now() - began) / steps, ((trainer.batchSeconds - busy) * 1000) / steps];
}

const load = loadavg()[0] ?? 0;
for (const { trainer } of cases) await timed(trainer, 0);
for (let round = 1; round <= rounds; round++) {
  const turns = cases.map((_, i) => cases[(i + round) % cases.length] as (typeof cases)[number]);
  for (const { trainer, stepMs, batchMs } of turns) {
    const [step, batch] = await timed(trainer, round);
    stepMs.push(step);
    batchMs.push(batch);
  }
}

const plain = cases[0]?.stepMs ?? [];
const rows = cases.map(({ title, stepMs, batchMs }) => {
  const ratios = stepMs.map((step, i) => step / (plain[i] ?? Number.NaN));
  const shares = batchMs.map((batch, i) => (100 * batch) / (stepMs[i] ?? Number.NaN));
  return `| ${title} | ${spread(stepMs, 1)} | ${spread(ratios, 3)} | ${spread(batchMs, 2)} | ${spread(shares, 2)} |`;
});
const { libtorch, cpuCapability } = engineInfo();
const report = `# What augmentation costs

Command: \`OMP_WAIT_POLICY=passive npx tsx bench/speed/augmentation.ts --images DIRECTORY\`.
${cpus()[0]?.model ?? 'unknown processor'}, ${threads} threads on ${cpus().length} cores, Node ${process.version}, libtorch ${libtorch} (${cpuCapability}); load average ${load.toFixed(1)} before the run.
Network \`${values.network}\`, batches of ${batchSize}, float32, per-image whitening. Median (least–most) of ${rounds} rounds of ${steps} steps each; the cases take turns.

| augmentation | step, ms | ratio to none, same round | preparing the batch, ms of processor time on its thread | share of the step, % |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

A batch is prepared while the step before it trains, so its time is not added to the step's; it only takes a processor from it.
`;
process.stdout.write(report);
if (!values.quick) writeFileSync(fileURLToPath(new URL('augmentation.md', import.meta.url)), report);
for (const { trainer } of cases) trainer.dispose();
data.dispose();
