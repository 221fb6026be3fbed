/**
 * What stopping hopeless children early saves, and what it costs: the rules replayed on whole learning curves.
 *
 *   npx tsx bench/learning/stopping.ts            writes stopping.md beside this file
 *   npx tsx bench/learning/stopping.ts tables     prints the parts on NAS-Bench-NLP
 *   npx tsx bench/learning/stopping.ts children   prints the part with children trained here
 *
 * The children of the second part are trained once (about ten minutes on two quiet cores) and kept in
 * stopping-children.jsonl; a run that was broken off goes on there.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTableFile } from '../../packages/nascent/src/benchmark/table-file.ts';
import type { Evaluation } from '../../packages/nascent/src/evaluation/evaluation.ts';
import { parseEvaluation } from '../../packages/nascent/src/evaluation/parse.ts';
import { describeSample } from '../../packages/nascent/src/experiment/statistics/describe-sample.ts';
import { comparePaired } from '../../packages/nascent/src/experiment/statistics/paired-comparison.ts';
import { randomStream } from '../../packages/nascent/src/random.ts';
import { policyGradient } from '../../packages/nascent/src/strategy/policy-gradient.ts';
import type { Strategy } from '../../packages/nascent/src/strategy/strategy.ts';
import type { StoppingRule } from '../../packages/nascent/src/study/stopping/rule.ts';
import { EPOCHS, trainedChildren } from './stopping-children.ts';
import { CurvePool, type PoolRun } from './stopping-replay.ts';

/** Children of the CIFAR-10 part. */
const CHILDREN = 96;

const INTRODUCTION = `# Stopping hopeless children early

Command: \`npx tsx bench/learning/stopping.ts\`. Whole learning curves are known; each search is replayed with each rule.

- children in the budget: drawn until the budget of epochs is spent; best found and its gain are of these runs.
- epochs saved and what follows: after equally many draws, against no rule.
- stopped: share of all children; best child stopped: runs in which the child that would have been the best of those
  drawn was stopped; best tenth stopped: of the children that belong to the best tenth of the pool.
- τ: Kendall’s τ-b between the rewards that the strategy was told and those of whole training.`;

interface Part {
  readonly title: string;
  readonly about: readonly string[];
  readonly pool: CurvePool;
  readonly strategy: (seed: number) => Strategy;
  readonly seeds: number;
  /** Whole trainings that the search may spend, or draws. */
  readonly children: number;
  readonly epochs: number;
  readonly rules: readonly (readonly [string, StoppingRule | undefined])[];
  /** A reward as people read it. */
  readonly shown: (reward: number) => number;
  readonly digits: number;
  readonly better: 'more' | 'less';
}

const median = (after: number): readonly [string, StoppingRule] => [
  `median, after ${after}`,
  { rule: 'median', after, warmUpTrials: 5 },
];
const asha = (firstRung: number, factor: number): readonly [string, StoppingRule] => [
  `asha, r = ${firstRung}, η = ${factor}`,
  { rule: 'asha', firstRung, factor },
];

const HEAD =
  '| rule | children in the budget | best found | better than no rule by [95 %] | epochs saved | stopped | best child stopped | best tenth stopped | τ |\n' +
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- |';

async function report(part: Part): Promise<string> {
  const rows: string[] = [];
  let without: Runs | null = null;
  for (const [name, rule] of part.rules) {
    const runs = await runsOf(part, rule);
    without ??= runs;
    rows.push(`| ${name} | ${cells(part, runs, without).join(' | ')} |`);
    console.error(`${part.title}: ${name}`);
  }
  return [`## ${part.title}`, '', ...part.about, '', HEAD, ...rows].join('\n');
}

/** One of each for every seed. */
interface Runs {
  /** Until the budget is spent. */
  readonly budget: readonly PoolRun[];
  /** So many draws, whatever they cost. */
  readonly draws: readonly PoolRun[];
}

async function runsOf(part: Part, rule: StoppingRule | undefined): Promise<Runs> {
  const { pool, children, epochs } = part;
  const all = async (limit: Parameters<CurvePool['run']>[3]) => {
    const runs: PoolRun[] = [];
    for (let seed = 1; seed <= part.seeds; seed++) {
      const strategy = part.strategy(seed);
      runs.push(await pool.run(strategy, seed, rule, limit));
      strategy.dispose();
    }
    return runs;
  };
  return { budget: await all({ epochs: children * epochs }), draws: await all({ trials: children }) };
}

function cells({ shown, digits, better }: Part, { budget, draws }: Runs, without: Runs): string[] {
  const found = budget.map((run) => shown(run.found));
  const none = without.budget.map((run) => shown(run.found));
  const gains = found.map((value, i) => (value - (none[i] ?? 0)) * (better === 'more' ? 1 : -1));
  const gain = comparePaired(gains, randomStream('stopping', 'signs'));
  const { mean, std } = describeSample(found) ?? { mean: Number.NaN, std: null };
  const { low, high } = gain?.interval ?? { low: Number.NaN, high: Number.NaN };
  const total = (runs: readonly PoolRun[], of: (run: PoolRun) => number) =>
    runs.reduce((sum, run) => sum + of(run), 0);
  const share = (of: (run: PoolRun) => number, all: (run: PoolRun) => number) =>
    `${((100 * total(draws, of)) / total(draws, all)).toFixed(0)} %`;
  const saved = 1 - total(draws, (run) => run.epochs) / total(without.draws, (run) => run.epochs);
  const gained =
    without.budget === budget
      ? ''
      : `${(gain?.mean ?? Number.NaN).toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
  return [
    (total(budget, (run) => run.children) / budget.length).toFixed(0),
    `${mean.toFixed(digits)} ± ${(std ?? 0).toFixed(digits)}`,
    gained,
    `${(100 * saved).toFixed(0)} %`,
    share(
      (run) => run.stopped,
      (run) => run.children,
    ),
    share(
      (run) => Number(run.bestStopped),
      () => 1,
    ),
    share(
      (run) => run.goodStopped,
      (run) => run.good,
    ),
    (total(draws, (run) => run.tau ?? 0) / draws.length).toFixed(2),
  ];
}

/** What is read of a line of the table. */
interface NlpLine {
  readonly status: 'ok' | 'nan' | 'overflow';
  readonly epochs: number;
  /** Nats for each token, after each epoch; null where it is not finite. */
  readonly val_loss: readonly (number | null)[];
}

/** The cells of NAS-Bench-NLP that are here, with their validation perplexity after each epoch. */
async function nlpCurves(): Promise<readonly Evaluation[]> {
  const { lines } = await readTableFile({
    folder: 'nasbench-nlp',
    file: 'ptb_cells_a.jsonl',
    configDirectory: process.cwd(),
  });
  return lines.map((text): Evaluation => {
    const { status, epochs, val_loss: losses }: NlpLine = JSON.parse(text);
    const curve = losses.flatMap((loss, i) => {
      const value = Math.exp(loss ?? Number.POSITIVE_INFINITY);
      const score = { split: 'validation', metric: 'perplexity', value } as const;
      return value < 1e100 ? [{ epoch: i + 1, trainingLoss: Number.NaN, score, elapsedMs: 0 }] : [];
    });
    const outcome =
      status === 'ok' ? { kind: 'completed' } : { kind: 'diverged', epoch: epochs, detail: status };
    return parseEvaluation({ outcome, curve, parameters: null, facts: {} }, 'NAS-Bench-NLP');
  });
}

function nlpParts(pool: CurvePool): Part[] {
  const common = {
    pool,
    epochs: 50,
    shown: (reward: number) => Math.sqrt(80 / reward),
    digits: 2,
    better: 'less',
  } as const;
  const about = (strategy: string, children: number, seeds: number) => [
    `${pool.size} recurrent cells on Penn Treebank with their validation perplexity after each of 50 epochs; a fifth`,
    `breaks down. ${strategy} Budget: ${children} whole trainings, or as many draws; ${seeds} seeds.`,
    'Best found: perplexity, less is better.',
  ];
  return [
    {
      ...common,
      title: 'NAS-Bench-NLP, random search',
      about: about('Drawn in random order.', 100, 100),
      strategy: (seed) => pool.inRandomOrder(seed),
      children: 100,
      seeds: 100,
      rules: [['none', undefined], median(1), median(5), median(15), asha(1, 4), asha(2, 2), asha(5, 3)],
    },
    {
      ...common,
      title: 'NAS-Bench-NLP, policy gradient `strong`',
      about: about('Drawn by the preset `strong`, which is told the rewards of stopped children.', 40, 10),
      strategy: (seed) => policyGradient(pool.space, { preset: 'strong' }, seed),
      children: 40,
      seeds: 10,
      rules: [['none', undefined], median(5), asha(1, 4), asha(5, 3)],
    },
  ];
}

function childrenPart(pool: CurvePool): Part {
  return {
    title: 'Children on CIFAR-10',
    about: [
      `${pool.size} random networks of three convolutions, trained on 1,000 images for ${EPOCHS} epochs (cosine schedule) and`,
      'validated on 1,000. Drawn in random order; 500 orders of the same children, so that the spread is that of orders,',
      'not of other children. Budget: 200 epochs, or 20 draws. Best found: validation accuracy, %.',
    ],
    pool,
    children: 20,
    epochs: EPOCHS,
    strategy: (seed) => pool.inRandomOrder(seed),
    seeds: 500,
    shown: (reward) => 100 * reward,
    digits: 2,
    better: 'more',
    rules: [['none', undefined], median(1), median(3), asha(1, 4), asha(1, 3), asha(2, 2)],
  };
}

const only = process.argv[2];
const parts: Part[] = [];
if (only !== 'children') {
  const reward = { kind: 'inverse-square-perplexity', c: 80, lastEpochs: 50, failed: 0 } as const;
  parts.push(...nlpParts(new CurvePool(await nlpCurves(), reward)));
}
if (only !== 'tables') {
  const file = fileURLToPath(new URL('stopping-children.jsonl', import.meta.url));
  const children = await trainedChildren(CHILDREN, file);
  parts.push(childrenPart(new CurvePool(children, { kind: 'accuracy', lastEpochs: 5, failed: 0 })));
}
const sections: string[] = [];
for (const part of parts) sections.push(await report(part));
const text = `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
if (only === undefined) writeFileSync(fileURLToPath(new URL('stopping.md', import.meta.url)), text);
console.log(text);
