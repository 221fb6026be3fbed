/**
 * Does the search-time reward order children as full training would? Architectures of a real comparison, spread
 * evenly over its search-time scores, are trained again with five times the images, five times the epochs and another split.
 *
 *   npx tsx bench/learning/retrain-correlation.ts comparison.db [ARCHITECTURES]     prints a Markdown table
 */
import { searchToRetrain } from '../../packages/nascent/src/experiment/compare/correlation.ts';
import { decodeTokens, spaceOfTokens } from '../../packages/nascent/src/search-space/index.ts';
import { openComparisonStore } from '../../packages/nascent/src/store/open-store.ts';
import { openProcessPool } from '../../packages/nascent/src/workers/process-pool.ts';

const [path = 'comparison.db', wanted = '24'] = process.argv.slice(2);
const store = await openComparisonStore(path, { access: 'read' });
const seen = new Map<string, { tokens: string; search: number }>();
for (const { run } of await store.runs()) {
  for (const [i, tokens] of run.trials.tokens.entries()) {
    const architecture = run.trials.architecture[i];
    const search = run.trials.score[i];
    if (architecture === undefined || search === undefined || search === null) continue;
    if (!seen.has(architecture)) seen.set(architecture, { tokens, search }); // the first, as a search saw it
  }
}
await store.close();
const sorted = [...seen.values()].sort((a, b) => a.search - b.search);
const count = Math.min(Number(wanted), sorted.length);
const chosen = Array.from({ length: count }, (_, i) => {
  const at = sorted[Math.round((i * (sorted.length - 1)) / (count - 1))];
  if (at === undefined) throw new Error('the comparison has no scored architecture');
  return at;
});

const pool = openProcessPool({
  workers: 2,
  evaluator: {
    module: { origin: 'built-in', use: 'image-classifier' },
    options: {
      dataset: { name: 'cifar10', trainExamples: 6000, validationExamples: 4000, splitSeed: 1 },
      epochs: 10,
      batchSize: 50,
      learningRate: 0.1,
      schedule: 'cosine',
    },
  },
  configDirectory: process.cwd(),
});
const startedAt = performance.now();
const finals = await Promise.all(
  chosen.map(async ({ tokens }, i) => {
    const space = spaceOfTokens(tokens);
    const architecture = space.decode(decodeTokens(tokens, space));
    const job = { trial: i + 1, attempt: 1, architecture, seed: 1000 + i };
    const signal = new AbortController().signal;
    const result = await pool.evaluate(job, { report() {}, signal });
    const score = result.kind === 'evaluated' ? result.evaluation.curve.at(-1)?.score.value : undefined;
    if (score === undefined) throw new Error(`trial ${i + 1}: ${JSON.stringify(result)}`);
    return score;
  }),
);
await pool.close();
const search = chosen.map((one) => one.search);
const { all } = searchToRetrain({ search, final: finals }, 'accuracy');
const percent = (value: number) => (100 * value).toFixed(1);
console.log('| search-time accuracy, % | retrained, % |\n| --- | --- |');
for (const [i, value] of search.entries()) console.log(`| ${percent(value)} | ${percent(finals[i] ?? 0)} |`);
const { tau } = all;
console.log(
  `\nKendall’s τ-b ${tau?.estimate.toFixed(2)} [${tau?.low.toFixed(2)}, ${tau?.high.toFixed(2)}] over ` +
    `${count} of ${sorted.length} architectures; ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`,
);
