/*
 * Trains a convolutional network on real CIFAR-10 images and tells how many unseen ones it gets right.
 *
 *     node --import tsx packages/torch/examples/02-train-a-classifier.ts [FOLDER]
 *
 * FOLDER holds CIFAR-10 in its binary layout (data_batch_1.bin …, test_batch.bin, also gzipped): records of
 * 3,073 bytes, a label and then 32 × 32 pixels in red, green and blue. The default is a whole copy where one is
 * found, else the 130 images that come with the repository: enough to see it run, too few to learn from.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  BatchNorm2d,
  Conv2d,
  cosineSchedule,
  crossEntropy,
  Dropout,
  GlobalAvgPool2d,
  Linear,
  MaxPool2d,
  manualSeed,
  noGrad,
  ReLU,
  randperm,
  Sequential,
  SGD,
  scope,
  type Tensor,
  tensor,
} from '@nascent/torch';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const folder = [
  ...process.argv.slice(2, 3),
  join(repository, 'data/cifar10/cifar-10-batches-bin'),
  join(repository, '../shared/data/cifar10/cifar-10-batches-bin'),
  join(repository, 'packages/nascent/test/fixtures/cifar10/cifar-10-batches-bin'),
].find((candidate) => existsSync(candidate));
if (folder === undefined) throw new Error('no CIFAR-10 here: give the folder that holds data_batch_1.bin');
const epochs = process.env['NASCENT_EXAMPLE_SIZE'] === 'toy' ? 1 : 5;
const batchSize = 32;

interface ImageSet {
  readonly images: Tensor; // float32 [count, 3, 32, 32], about −1 … 1
  readonly labels: Tensor; // int64 [count]
  readonly count: number;
}

function readRecords(within: string, name: RegExp): Uint8Array[] {
  const files = readdirSync(within).filter((file) => name.test(file));
  return files.sort().flatMap((file) => {
    const raw = new Uint8Array(readFileSync(join(within, file)));
    const bytes = file.endsWith('.gz') ? new Uint8Array(gunzipSync(raw)) : raw;
    return Array.from({ length: bytes.length / 3073 }, (_, i) => bytes.subarray(i * 3073, (i + 1) * 3073));
  });
}

function imageSet(records: readonly Uint8Array[]): ImageSet {
  const pixels = new Uint8Array(Buffer.concat(records.map((record) => record.subarray(1))));
  const labels = records.map((record) => record[0] ?? 0);
  return {
    images: scope(() =>
      tensor(pixels, { shape: [records.length, 3, 32, 32] })
        .to('float32')
        .div(127.5)
        .sub(1),
    ),
    labels: tensor(labels, { dtype: 'int64' }),
    count: records.length,
  };
}

manualSeed(1);
const train = imageSet(readRecords(folder, /^data_batch_/).slice(0, 4000));
const test = imageSet(readRecords(folder, /^test_batch/).slice(0, 1000));

const net = new Sequential([
  new Conv2d(3, 16, 3, { padding: 'same', bias: false }),
  new BatchNorm2d(16),
  new ReLU({ inPlace: true }),
  new MaxPool2d(2),
  new Conv2d(16, 32, 3, { padding: 'same', bias: false }),
  new BatchNorm2d(32),
  new ReLU({ inPlace: true }),
  new MaxPool2d(2),
  new Conv2d(32, 64, 3, { padding: 'same', bias: false }),
  new BatchNorm2d(64),
  new ReLU({ inPlace: true }),
  new GlobalAvgPool2d(),
  new Dropout(0.1),
  new Linear(64, 10),
]);
const optimiser = new SGD(net.parameters(), {
  learningRate: 0,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 1e-4,
});
const schedule = cosineSchedule();
const stepsPerEpoch = Math.ceil(train.count / batchSize);
console.log(
  `${train.count} images to train on, ${test.count} to test on, ${net.parameterCount()} parameters`,
);

/** One step on the images at the given places (int64 [batch]). @returns the loss */
function step(index: Tensor, learningRate: number): number {
  return scope(() => {
    const logits = net.forward(train.images.indexSelect(0, index));
    const loss = crossEntropy(logits, train.labels.indexSelect(0, index));
    optimiser.zeroGrad();
    loss.backward();
    optimiser.learningRate = learningRate;
    optimiser.step();
    return loss.item();
  });
}

/** Every image once, in random order. @returns the mean loss */
function trainEpoch(epoch: number): number {
  return scope(() => {
    const order = randperm(train.count);
    let sum = 0;
    for (let i = 0; i < stepsPerEpoch; i++) {
      const progress = (epoch * stepsPerEpoch + i) / (epochs * stepsPerEpoch);
      sum += step(order.slice(0, i * batchSize, (i + 1) * batchSize), 0.05 * schedule(progress));
    }
    return sum / stepsPerEpoch;
  });
}

function accuracy(set: ImageSet): number {
  net.eval();
  const right = scope(() =>
    noGrad(() => net.forward(set.images).argmax(1).eq(set.labels).to('float32').sum().item()),
  );
  net.train();
  return right / set.count;
}

const started = performance.now();
for (let epoch = 0; epoch < epochs; epoch++) {
  const loss = trainEpoch(epoch);
  console.log(
    `epoch ${epoch + 1}: loss ${loss.toFixed(3)}, test accuracy ${(accuracy(test) * 100).toFixed(1)} %`,
  );
}
const seconds = (performance.now() - started) / 1000;
console.log(`${((epochs * train.count) / seconds).toFixed(0)} images/s; guessing would be right in 10 %`);
