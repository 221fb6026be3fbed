/**
 * Child training as a study does it, timed; prints one line of JSON.
 *
 *     npx tsx bench/speed/child.ts NETWORK --images DIRECTORY [--batch 64] [--steps 20] [--warm-up 5]
 *         [--threads 2] [--precision float32|bfloat16] [--device cpu] [--watch-memory]
 */
import { parseArgs } from 'node:util';
import { engineInfo, liveTensors, nativeBytes, setThreads } from '@nascent/torch';
import {
  ClassifierTrainer,
  ConvolutionalNetwork,
  ImageTensors,
  recipeSchema,
} from '../../packages/nascent/src/child/index.ts';
import {
  exampleCount,
  loadTrainingImages,
  measurePreprocessing,
} from '../../packages/nascent/src/dataset/index.ts';
import { randomStream } from '../../packages/nascent/src/random.ts';
import { planNetwork } from '../../packages/nascent/src/search-space/index.ts';
import { benchNetwork } from './networks.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string' },
    batch: { type: 'string', default: '64' },
    steps: { type: 'string', default: '20' },
    'warm-up': { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    precision: { type: 'string', default: 'float32' },
    device: { type: 'string', default: 'cpu' },
    'watch-memory': { type: 'boolean', default: false },
  },
});
const [batchSize, steps, warmUp, threads] = [
  values.batch,
  values.steps,
  values['warm-up'],
  values.threads,
].map(Number) as [number, number, number, number];

const architecture = benchNetwork(positionals[0] ?? '');

setThreads(threads);
const images = await loadTrainingImages('cifar10', { path: values.images });
const all = Int32Array.from({ length: exampleCount(images) }, (_, index) => index);
// As `pytorch_child.py` does it: by channel, and no augmentation (that costs: augmentation.ts).
const preprocessing = measurePreprocessing('per-channel', images, all);
const data = new ImageTensors(images, { preprocessing, device: values.device });
const plan = planNetwork(architecture, { height: 32, width: 32, channels: 3, classes: 10 });
const child = new ConvolutionalNetwork(plan, { seed: 0, device: values.device });
const recipe = recipeSchema.parse({
  epochs: 2,
  batchSize,
  learningRate: 0.05,
  schedule: 'constant',
  precision: values.precision,
  flip: false,
  upsample: null,
});
const trainer = new ClassifierTrainer(child, data, recipe, batchSize * steps);
const stream = randomStream(0, 'bench');
const order = (count: number): Int32Array =>
  Int32Array.from({ length: count * batchSize }, () => stream.integer(all.length));

const memory: { step: number; residentMiB: number; nativeMiB: number; liveTensors: number }[] = [];
let step = 0;
const pause = async (): Promise<void> => {
  // The event loop runs at every step in a study as well.
  await new Promise(setImmediate);
  if (values['watch-memory'] && step % 50 === 0) {
    memory.push({
      step,
      residentMiB: process.memoryUsage.rss() / 2 ** 20,
      nativeMiB: nativeBytes() / 2 ** 20,
      liveTensors: liveTensors(),
    });
  }
  step++;
};
await trainer.epoch(order(warmUp), stream, pause);
step = 0;
memory.length = 0;
const timed = order(steps);
const started = performance.now();
const worked = process.cpuUsage();
const meanLoss = await trainer.epoch(timed, stream, pause);
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(worked);
process.stdout.write(
  `${JSON.stringify({
    imagesPerSecond: (batchSize * steps) / seconds,
    processorSecondsPerStep: (user + system) / 1e6 / steps,
    meanLoss,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    engine: `libtorch ${engineInfo().libtorch}`,
    ...(values['watch-memory'] ? { memory } : {}),
  })}\n`,
);
