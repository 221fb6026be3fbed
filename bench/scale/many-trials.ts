/*
 * A study of many trials, made through the store as a search makes it: six-layer networks of the paper's space, ten
 * epochs each. What the commands that read take with it is in many-trials.md.
 *
 *   npx tsx bench/scale/many-trials.ts FILE [TRIALS]
 */

import { randomStream } from '../../packages/nascent/src/random.ts';
import {
  builtInSpace,
  encodeSample,
  hashOf,
  sampleUniformly,
} from '../../packages/nascent/src/search-space/index.ts';
import { openStore } from '../../packages/nascent/src/store/open-store.ts';
import { thisProcess } from '../../packages/nascent/src/study/this-process.ts';

const [, , location, count = '100000'] = process.argv;
if (location === undefined) {
  console.error('usage: npx tsx bench/scale/many-trials.ts FILE [TRIALS]');
  process.exit(2);
}
const trials = Number(count);
const epochs = 10;
const asked = 500;

const space = builtInSpace('convolutional', { skips: true, stride: [1, 2] });
const { identity: owner } = thisProcess();
const store = await openStore(location, { access: 'create' });
const { id } = await store.createStudy({
  name: 'study',
  config: { space: { use: 'convolutional', options: { skips: true, stride: [1, 2] } }, trials },
  seed: 1,
  space: space.identity,
  evaluatorIdentity: 'a'.repeat(64),
  strategy: 'policy-gradient',
  codeVersion: '0.1.0',
  datasetChecksum: null,
});
await store.claim(id, owner, () => 'dead');

const random = randomStream(1, 'many-trials');
const state = new Uint8Array(4096);
let revision = 0;
const begun = performance.now();
for (let first = 1; first <= trials; first += asked) {
  const numbers = Array.from({ length: Math.min(asked, trials - first + 1) }, (_, i) => first + i);
  const drawn = numbers.map((number) => {
    const sample = sampleUniformly(space, { layers: 6 }, random);
    const architecture = space.decode(sample);
    const tokens = encodeSample(sample, space);
    return { number, tokens, architecture, architectureKey: hashOf(tokens), seed: 2 ** 47 + number };
  });
  ({ revision } = await store.ask(id, owner, drawn, { bytes: state, from: revision }));
  for (const number of numbers) {
    await store.startTrial(id, owner, number);
    const best = 0.3 + 0.6 * random.uniform();
    const score = (value: number) => ({ split: 'validation', metric: 'accuracy', value }) as const;
    const told = await store.tell(
      id,
      owner,
      {
        number,
        attempt: 1,
        attemptLimit: 3,
        outcome: { kind: 'completed' },
        curve: Array.from({ length: epochs }, (_, i) => ({
          epoch: i + 1,
          trainingLoss: 2.3 * random.uniform(),
          score: score(best * (1 - 1 / (i + 2))),
          elapsedMs: 1000 * (i + 1) + random.uniform(),
        })),
        reward: best ** 3,
        score: score(best),
        parameters: Math.floor(1e6 * random.uniform()),
        facts: { flops: Math.floor(1e8 * random.uniform()), inputHeight: 32, inputWidth: 32 },
        reusedFrom: null,
        worker: { threads: 1, pid: 4711, overheadMs: 3.25 },
      },
      { bytes: state, from: revision },
    );
    if (!told.accepted) throw new Error(`trial ${number} was refused`);
    ({ revision } = told.next);
  }
  if (first % 10_000 === 1)
    console.error(`${first - 1} trials, ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}
await store.release(id, owner);
await store.close();
console.error(`${trials} trials in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
