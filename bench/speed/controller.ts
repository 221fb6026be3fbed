/**
 * Controller speed: samples drawn, and REINFORCE updates, for each second of one thread.
 *
 *   OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive npx tsx bench/speed/controller.ts    writes controller.md
 *
 * The paper's controller (LSTM 2 × 35, m = 8, Adam) on the CNN space. One round is `ask(8)` and `tell` of eight
 * rewards, which makes one update. Median and range of the repetitions.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { engineInfo, liveTensors, setThreads } from '@nascent/torch';
import { convolutional } from '../../packages/nascent/src/search-space/convolutional/space.ts';
import type { SearchSpace } from '../../packages/nascent/src/search-space/space.ts';
import { policyGradient } from '../../packages/nascent/src/strategy/policy-gradient.ts';

const ROUNDS = 40;
const REPETITIONS = 7;
setThreads(1);

const cases: readonly [string, SearchSpace, number][] = [
  ['CNN, 6 layers (18 tokens)', convolutional({}) as SearchSpace, 6],
  ['CNN, 12 layers (36 tokens)', convolutional({}) as SearchSpace, 12],
  ['CNN with skips, 12 layers (48 tokens)', convolutional({ skips: true }) as SearchSpace, 12],
];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const spread = (values: readonly number[]): string =>
  `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;

const lines = [
  '# Controller speed',
  '',
  'Command: `OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive npx tsx bench/speed/controller.ts`.',
  `${cpus()[0]?.model ?? 'unknown processor'}, one thread, Node ${process.version}; m = 8, LSTM 2 × 35, float32 scoring.`,
  `Median (least–most) of ${REPETITIONS} × ${ROUNDS} rounds after a warm-up. Milliseconds for each minibatch of 8.`,
  '',
  '| space | ask(8), ms | tell(8) with its update, ms | samples + updates: samples/s | live tensors gained |',
  '| --- | --- | --- | --- | --- |',
];
for (const [label, space, layers] of cases) {
  const strategy = policyGradient(space, { preset: 'paper' }, 1);
  const [asking, telling]: [number[], number[]] = [[], []];
  let before = 0;
  for (let repetition = -1; repetition < REPETITIONS; repetition++) {
    let [asked, told] = [0, 0];
    if (repetition === 0) before = liveTensors();
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      const samples = strategy.ask(8, { layers });
      const middle = performance.now();
      strategy.tell(samples.map((sample, k) => ({ number: k + 1, sample, reward: k / 8 })));
      asked += middle - start;
      told += performance.now() - middle;
    }
    if (repetition < 0) continue; // warm-up
    asking.push(asked / ROUNDS);
    telling.push(told / ROUNDS);
  }
  const rate = 8000 / (median(asking) + median(telling));
  lines.push(
    `| ${label} | ${spread(asking)} | ${spread(telling)} | ${rate.toFixed(0)} | ${liveTensors() - before} |`,
  );
  strategy.dispose();
}
const { libtorch, blas, cpuCapability } = engineInfo();
lines.push(
  '',
  `libtorch ${libtorch}, ${blas}, ${cpuCapability}; load average ${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores.`,
);
writeFileSync(fileURLToPath(new URL('controller.md', import.meta.url)), `${lines.join('\n')}\n`);
console.log(lines.join('\n'));
