/**
 * Does the policy itself converge to good cells? The greedy sample of the controller after 3,000 trials on
 * NAS-Bench-201, and its rank among all 15,625 cells by the reward.
 *
 *   npx tsx bench/learning/convergence.ts [SEEDS] [FIRST]     prints a line for each seed, and a Markdown table
 */
import { createEvaluator } from '../../packages/nascent/src/benchmark/nas-bench-201.ts';
import { greedy } from '../../packages/nascent/src/controller/sampling.ts';
import type { Evaluator } from '../../packages/nascent/src/evaluation/evaluator.ts';
import { enumerate } from '../../packages/nascent/src/search-space/enumerate.ts';
import { nasBench201 } from '../../packages/nascent/src/search-space/index.ts';
import type { SearchSpace } from '../../packages/nascent/src/search-space/space.ts';
import { policyGradient } from '../../packages/nascent/src/strategy/policy-gradient.ts';

const TRIALS = 3000;
const [seeds = 10, first = 100] = process.argv.slice(2).map(Number);
const space: SearchSpace = nasBench201();
const evaluator: Evaluator = await createEvaluator({}, { configDirectory: process.cwd() });

async function rewardOf(architecture: unknown): Promise<number> {
  const context = { seed: 0, report() {}, signal: new AbortController().signal };
  const { curve } = await evaluator.evaluate(architecture, context);
  return curve.at(-1)?.score.value ?? 0;
}

const rewards: number[] = [];
for (const sample of enumerate(space, {})) rewards.push(await rewardOf(space.decode(sample)));
rewards.sort((a, b) => b - a);

const rows: string[] = [];
for (let seed = first; seed < first + seeds; seed++) {
  const strategy = policyGradient(space, { preset: 'strong' }, seed);
  let best = 0;
  const ranks: number[] = [];
  let test = Number.NaN;
  let modeReward = Number.NaN;
  for (let number = 1; number <= TRIALS; number++) {
    const [sample] = strategy.ask(1, {});
    if (sample === undefined) throw new Error('nothing was asked');
    const reward = await rewardOf(space.decode(sample));
    best = Math.max(best, reward);
    strategy.tell([{ number, sample, reward }]);
    if (number !== 100 && number !== 300 && number !== 1000 && number !== TRIALS) continue;
    const mode = space.decode(greedy(strategy.controller, space, {}));
    modeReward = await rewardOf(mode);
    ranks.push(rewards.indexOf(modeReward) + 1);
    test = evaluator.finals?.(mode).test?.value ?? Number.NaN;
  }
  const { kl, entropy } = strategy.summary();
  strategy.dispose();
  const percent = (value: number) => (100 * value).toFixed(3);
  rows.push(
    `| ${seed} | ${ranks.join(' | ')} | ${percent(modeReward)} | ${(100 * test).toFixed(2)} | ${percent(best)} | ${kl?.toFixed(1)} | ${entropy?.toFixed(2)} |`,
  );
  console.log(rows.at(-1));
}
console.log(`
| seed | rank of the mode after 100 | 300 | 1,000 | 3,000 trials | its reward, % | its test accuracy, % | best reward found, % | KL, nats | entropy, nats |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}`);
