import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  factsOf,
  nasBench201Facts,
  nasBench201Runs,
  runOf,
} from '../../../test/fixtures/comparisons/comparison.ts';
import type { ComparisonFacts, SearchRun } from '../../trial/search-run.ts';
import { ReportNotWrittenError } from './replace-file.ts';
import { writeReport } from './report.ts';

const folder = mkdtempSync(join(tmpdir(), 'nascent-report-'));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;

async function report(facts: ComparisonFacts, runs: readonly SearchRun[]) {
  const out = join(folder, `report-${made++}`);
  const summary = await writeReport(facts, runs, out);
  const read = (name: string) => readFileSync(join(out, name), 'utf8');
  return { out, summary, read, markdown: read('report.md') };
}

describe('report of searches on NAS-Bench-201', () => {
  const written = report(nasBench201Facts, nasBench201Runs());

  it('is this Markdown', async () => {
    const { markdown } = await written;
    const golden = new URL('../../../test/fixtures/comparisons/report.md', import.meta.url);
    // After a change on purpose: UPDATE_GOLDEN=1 npx vitest run packages/nascent/src/experiment/compare/report.test.ts
    if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, markdown);
    expect(markdown).toBe(readFileSync(golden, 'utf8'));
  });

  it('has these files, and leaves no others', async () => {
    const { out, summary } = await written;
    const names = [
      'report.md',
      'report.html',
      'report.json',
      'runs.csv',
      'best-so-far-trials.svg',
      'best-so-far-seconds.svg',
      'top-k-trials.svg',
      'top-k-seconds.svg',
      'top-k.svg',
      'distribution.svg',
      'correlation.svg',
    ];
    expect(summary.files).toEqual(names.map((name) => join(out, name)));
    expect(readdirSync(out).sort()).toEqual([...names].sort());
  });

  it('tells the summary what it tells the reader', async () => {
    const { summary, markdown } = await written;
    expect(summary).toMatchObject({ reference: 'random', primary: 'test' });
    expect(summary.verdicts).toHaveLength(1);
    expect(markdown).toContain(`- ${summary.verdicts[0]}`);
    for (const row of summary.table.rows) expect(markdown).toContain(`| ${row.join(' | ')} |`);
  });

  it('report.html holds every chart and needs nothing else', async () => {
    const { read } = await written;
    const html = read('report.html');
    expect(html.split('<svg ').length - 1).toBe(7);
    expect(html).toContain(read('top-k.svg'));
    expect(html).not.toMatch(/<script|<link|src=|href="http/);
  });

  it('report.json has the numbers behind the words', async () => {
    const { read, summary } = await written;
    const json: unknown = JSON.parse(read('report.json'));
    expect(json).toMatchObject({ reference: 'random', primary: 'test', verdicts: summary.verdicts });
    expect(json).toMatchObject({ facts: { strategies: { random: 'random search' } } });
  });

  it('is the same bytes from the same runs, whatever their order', async () => {
    const { out } = await written;
    const again = await report(nasBench201Facts, nasBench201Runs().toReversed());
    for (const name of readdirSync(out)) {
      expect(again.read(name) === readFileSync(join(out, name), 'utf8'), name).toBe(true);
    }
  });
});

describe('report of little', () => {
  it('one seed: no test, and it says so', async () => {
    const runs = ['random', 'strong'].map((label) =>
      runOf(label, 1, [
        ['a', 0.5, 0.6],
        ['b', 0.6, 0.7],
      ]),
    );
    const { markdown } = await report(factsOf(['random', 'strong']), runs);
    expect(markdown).toContain('strong and random: one paired seed.');
    expect(markdown).toContain('| strong | 1 | 60.00 | 70.00 | 0.00 | – | – | – | 1 |');
  });

  it('one strategy: nothing to compare', async () => {
    const { markdown } = await report(factsOf(['random']), [runOf('random', 1, [['a', 0.5, 0.6]])]);
    expect(markdown).toContain('Only random was run: there is nothing to compare it with.');
    expect(markdown).toContain('Left out: there is only random search.');
    expect(markdown).not.toContain('t-test');
  });

  it('no random search: no figure against it', async () => {
    const runs = ['paper', 'strong'].map((label) => runOf(label, 1, [['a', 0.5, 0.6]]));
    const { markdown, summary } = await report(factsOf(['paper', 'strong']), runs);
    expect(markdown).toContain('Left out: random search took no part in this comparison.');
    expect(summary.reference).toBe('paper');
  });

  it('unequal numbers of seeds: paired over the common ones', async () => {
    const run = (label: string) => (seed: number) => runOf(label, seed, [['a', 0.5, 0.5 + seed / 100]]);
    const runs = [...[1, 2, 3, 4].map(run('random')), ...[3, 4, 5].map(run('strong'))];
    const { markdown } = await report(factsOf(['random', 'strong']), runs);
    expect(markdown).toContain('3 to 4 seeds');
    expect(markdown).toContain('2 paired seeds');
  });

  it('no final scores: compared by the search’s own, with a warning', async () => {
    const runs = ['random', 'x'].flatMap((label) =>
      [1, 2].map((seed) => runOf(label, seed, [['a', seed / 10]])),
    );
    const { markdown, summary } = await report(factsOf(['random', 'x'], { finals: null }), runs);
    expect(summary.primary).toBe('search');
    expect(markdown).toContain(
      'There are no final scores: strategies are compared by the score that the search itself',
    );
    expect(markdown).toContain('Left out: there are no final scores to compare search-time scores with.');
  });

  it('nothing but failed children, and a run without a trial', async () => {
    const runs = [runOf('random', 1, [['a', null]]), runOf('x', 1, [])];
    const { markdown } = await report(factsOf(['random', 'x']), runs);
    expect(markdown).toContain('no seed in common with a score in both');
    expect(markdown).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('perplexities stay as they are, and less is better', async () => {
    const runs = [1, 2, 3].flatMap((seed) => [
      runOf('random', seed, [['a', 100 + seed, 110 + seed]], { perplexity: true }),
      runOf('strong', seed, [['b', 90, 100]], { perplexity: true }),
    ]);
    const { markdown } = await report(factsOf(['random', 'strong'], { metric: 'perplexity' }), runs);
    expect(markdown).toContain('strong beats random by 12.00 perplexity');
    expect(markdown).toContain('| random | 3 | 102.00 ± 1.00 (0.58) |');
  });

  it('studies that were searched one by one are not said to share results or a budget', async () => {
    const runs = ['random', 'x'].map((label) => runOf(label, 1, [['a', 0.5]], { strategyMs: 0 }));
    const facts = factsOf(['random', 'x'], { finals: null, separateStudies: true });
    const { markdown } = await report(facts, runs);
    expect(markdown).toContain('The runs are studies that were searched one by one.');
    expect(markdown).toContain('The trials of a run are those that its study was told');
    expect(markdown).not.toContain('has the same result in each of them');
    expect(markdown).toMatch(/\| x \| x as usual \|.*\| – \|$/m); // the strategy's own time is not known
  });

  it('says with how many given samples the runs began, if any', async () => {
    const runs = ['random', 'x'].map((label) => runOf(label, 1, [['a', 0.5]]));
    const markdownOf = async (warmStart?: readonly number[]) =>
      (await report(factsOf(['random', 'x'], warmStart === undefined ? {} : { warmStart }), runs)).markdown;
    expect(await markdownOf()).not.toContain('warm start');
    expect(await markdownOf([0])).not.toContain('warm start');
    expect(await markdownOf([2])).toContain('Each run began with 2 given samples (a warm start).');
    expect(await markdownOf([0, 2])).toMatch(/with 0 or 2 given samples.*do not compare/);
  });

  it('says how many controllers have not moved', async () => {
    const policy = { updates: 3, entropy: 2, kl: 0.001, note: 'the controller has not moved' };
    const runs = [1, 2].map((seed) => runOf('paper', seed, [['a', 0.5, 0.5]], { policy }));
    const { markdown } = await report(factsOf(['paper']), runs);
    expect(markdown).toContain('paper: the controller has not moved in 2 of 2 runs');
  });

  it('states a budget of seconds and its accounting', async () => {
    const budget = { trials: 400, seconds: 12_000, clock: 'simulated' } as const;
    const { markdown } = await report(factsOf(['random'], { budget }), [
      runOf('random', 1, [['a', 0.5, 0.5]]),
    ]);
    expect(markdown).toContain('Budget of a run: 12,000 simulated seconds, at most 400 trials.');
    expect(markdown).toContain(
      'The first that would overshoot it is neither counted nor told to the strategy',
    );
  });
});

describe('where a report is written', () => {
  it('a chart of an earlier report that this one leaves out goes', async () => {
    const out = join(folder, 'twice');
    await writeReport(nasBench201Facts, nasBench201Runs(), out);
    const random = nasBench201Runs().filter(({ strategy }) => strategy === 'random');
    await writeReport(nasBench201Facts, random, out);
    expect(readdirSync(out)).not.toContain('top-k.svg');
  });

  it('a directory that cannot be written to is named', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const writing = writeReport(factsOf(['random']), [runOf('random', 1, [['a', 0.5]])], join(file, 'out'));
    await expect(writing).rejects.toThrow(ReportNotWrittenError);
    await expect(writing).rejects.toThrow(/cannot write .*a-file.*--out/);
  });
});
