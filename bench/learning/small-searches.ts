/**
 * Which settings of the policy gradient learn in 24, 48 and 100 trials?
 *
 *   npx tsx bench/learning/small-searches.ts            writes small-searches.md beside this file
 *   npx tsx bench/learning/small-searches.ts --explore  prints a grid of settings instead
 *
 * A run is told noisy rewards. "Lift" is the mean true value of the last third of its samples minus that of the
 * first third, in standard deviations of the value over the space under uniform sampling: it does not depend on
 * the scale of the reward, and is 0 on average for a policy that does not learn.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { randomStream } from '../../packages/nascent/src/random.ts';
import { sampleUniformly } from '../../packages/nascent/src/search-space/uniform.ts';
import { strategyNamed } from '../../packages/nascent/src/strategy/registry.ts';
import { type RewardProblem, rewardProblems } from './reward-problems.ts';

interface Run {
  /** In standard deviations of the value under uniform sampling. */
  readonly lift: number;
  /** Mean value of the last third minus the uniform mean, same unit. */
  readonly late: number;
  /** Best value found minus the uniform mean, same unit. */
  readonly best: number;
  readonly kl: number | null;
}

interface Settings {
  readonly label: string;
  readonly strategy: string;
  readonly options: Record<string, unknown>;
  /** Samples asked at once: the minibatch. */
  readonly ask: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - middle) ** 2, 0) / (values.length - 1));
};
const standardError = (values: readonly number[]): number => deviation(values) / Math.sqrt(values.length);

const scales = new Map<string, { mean: number; deviation: number }>();
function scaleOf(problem: RewardProblem, seed: number) {
  const key = `${problem.name} ${seed}`;
  const known = scales.get(key);
  if (known !== undefined) return known;
  const values = Array.from({ length: 500 }, (_, k) =>
    problem.value(sampleUniformly(problem.space, problem.arguments, randomStream('scale', k)), seed),
  );
  const scale = { mean: mean(values), deviation: deviation(values) };
  scales.set(key, scale);
  return scale;
}

function run(problem: RewardProblem, settings: Settings, trials: number, seed: number): Run {
  const strategy = strategyNamed(settings.strategy)(problem.space, settings.options, seed);
  const scale = scaleOf(problem, seed);
  const values: number[] = [];
  while (values.length < trials) {
    const samples = strategy.ask(Math.min(settings.ask, trials - values.length), problem.arguments);
    const first = values.length;
    strategy.tell(
      samples.map((sample, k) => ({
        number: first + k + 1,
        sample,
        reward: problem.reward(sample, seed, first + k),
      })),
    );
    for (const sample of samples) values.push((problem.value(sample, seed) - scale.mean) / scale.deviation);
  }
  const { kl } = strategy.summary();
  strategy.dispose();
  const third = Math.floor(trials / 3);
  const late = mean(values.slice(-third));
  return { lift: late - mean(values.slice(0, third)), late, best: Math.max(...values), kl };
}

function runs(problem: RewardProblem, settings: Settings, trials: number, seeds: number): Run[] {
  return Array.from({ length: seeds }, (_, seed) => run(problem, settings, trials, seed + 1));
}

const withError = (values: readonly number[]): string =>
  `${mean(values).toFixed(2)} ± ${standardError(values).toFixed(2)}`;

function explore(): void {
  const grid: Settings[] = [];
  const ask = Number(process.env['ASK'] ?? 4);
  const rates = (process.env['RATES'] ?? '0.005,0.01,0.02,0.05,0.1').split(',').map(Number);
  const extra = JSON.parse(process.env['EXTRA'] ?? '[{}]') as Record<string, unknown>[];
  for (const more of extra) {
    for (const learningRate of rates) {
      const options = { preset: 'small', learningRate, batchSize: ask, ...more };
      grid.push({
        label: JSON.stringify({ learningRate, ask, ...more }),
        strategy: 'policy-gradient',
        options,
        ask,
      });
    }
  }
  const wanted = process.env['PROBLEMS']?.split(',').map(Number);
  const problems = rewardProblems().filter((_, at) => wanted?.includes(at) ?? true);
  console.log(problems.map((problem) => problem.name).join(' | '));
  for (const settings of grid) {
    for (const trials of (process.env['TRIALS'] ?? '24,48,100').split(',').map(Number)) {
      const all = problems.map((problem) =>
        runs(problem, settings, trials, Number(process.env['SEEDS'] ?? 20)),
      );
      const lifts = all.map((some) => withError(some.map((one) => one.lift)));
      const positive = mean(all.flat().map((one) => (one.lift > 0 ? 1 : 0)));
      const total = mean(all.flat().map((one) => one.lift));
      const best = mean(all.flat().map((one) => one.best));
      console.log(
        `${settings.label} n=${trials}: lift ${total.toFixed(2)} (${(100 * positive).toFixed(0)} % > 0) ` +
          `best ${best.toFixed(2)} kl ${mean(all.flat().map((one) => one.kl ?? 0)).toFixed(2)} | ${lifts.join(' | ')}`,
      );
    }
  }
}

function report(): void {
  const compared: Settings[] = [
    { label: 'random', strategy: 'random', options: {}, ask: 4 },
    { label: 'paper', strategy: 'policy-gradient', options: { preset: 'paper' }, ask: 8 },
    { label: 'small', strategy: 'policy-gradient', options: { preset: 'small' }, ask: 4 },
  ];
  const seeds = 20;
  const lines = [
    '# Small searches: which settings learn in 24 to 100 trials',
    '',
    `Command: \`npx tsx bench/learning/small-searches.ts\`. ${seeds} seeds for each line; ${cpus()[0]?.model ?? ''}.`,
    '',
    'Lift: mean true value of the last third of the samples minus the first third; late: last third minus the',
    'uniform mean; best: best value found minus the uniform mean. All in standard deviations of the value over the',
    'space; mean ± standard error over seeds. "Rose": share of runs whose lift is above zero.',
    '',
    '| problem | trials | strategy | lift | rose | late | best found | KL from start, nats |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const problem of rewardProblems()) {
    for (const trials of [24, 48, 100]) {
      for (const settings of compared) {
        const all = runs(problem, settings, trials, seeds);
        console.error(`${problem.name}, ${trials} trials, ${settings.label}`);
        const rose = mean(all.map((one) => (one.lift > 0 ? 1 : 0)));
        const kl = settings.strategy === 'random' ? '' : mean(all.map((one) => one.kl ?? 0)).toFixed(3);
        lines.push(
          `| ${problem.name} | ${trials} | ${settings.label} | ${withError(all.map((one) => one.lift))} | ` +
            `${(100 * rose).toFixed(0)} % | ${withError(all.map((one) => one.late))} | ` +
            `${withError(all.map((one) => one.best))} | ${kl} |`,
        );
      }
    }
  }
  writeFileSync(fileURLToPath(new URL('small-searches.md', import.meta.url)), `${lines.join('\n')}\n`);
  console.log(lines.join('\n'));
}

if (process.argv.includes('--explore')) explore();
else report();
