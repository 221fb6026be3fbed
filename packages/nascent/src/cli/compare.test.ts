import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tableComparison } from '../../test/fixtures/comparisons.ts';
import { search } from '../experiment/search.ts';
import { openComparisonStore } from '../store/open-store.ts';
import type { StudyConfigInput } from '../study/config.ts';
import type { CliContext } from './context.ts';
import { runCli } from './program.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-cli-compare-'));
});
afterEach(() => rm(directory, { recursive: true }));

const at = (...names: readonly string[]): string => join(directory, ...names);

/** Runs one command line away from a terminal. */
async function nascent(...words: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const context: CliContext = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    interactive: false,
    color: false,
    cwd: directory,
    env: {},
  };
  const code = await runCli(words, context);
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const compare = (...words: readonly string[]) => nascent('compare', ...words);
const config = (value: StudyConfigInput = tableComparison(), name = 'hashes.config.json') =>
  writeFile(at(name), JSON.stringify(value));

describe('nascent compare CONFIG', { timeout: 60_000 }, () => {
  it('runs, reports, and prints the table, the findings and where all is', async () => {
    await config();
    const run = await compare('hashes.config.json', '--strategies', 'evolution,random', '--seeds', '4');
    expect(run.err).toMatch(/^\[8\/8 runs\] evolution 4\/4, random 4\/4/m);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/^evolution +4 /m);
    expect(run.out).toMatch(/evolution.*random.*4 paired seeds/);
    expect(run.out).toContain('comparison/hashes/report.html');
    expect(run.out).toContain('comparison/hashes/comparison.db (the runs)');
    expect(readFileSync(at('comparison', 'hashes', 'report.md'), 'utf8')).toContain('evolution');
  });

  it('--json prints one object; --trials, --first-seed, --out and --workers are heeded', async () => {
    await config();
    const words = '--trials 5 --first-seed 11 --seeds 1 --out here --workers 1 --json';
    const run = await compare('hashes.config.json', ...words.split(' '));
    expect(run.code).toBe(0);
    expect(JSON.parse(run.out)).toMatchObject({
      comparison: at('here', 'comparison.db'),
      interrupted: false,
      wanted: 1,
      runs: 1,
      report: { rows: [{ strategy: 'random', seeds: 1, trials: 5 }] },
    });
    const store = await openComparisonStore(at('here', 'comparison.db'), { access: 'read' });
    expect(await store.runKeys()).toMatchObject([{ strategy: 'random', seed: 11 }]);
    await store.close();
  });

  it('a run that is there is not made again', async () => {
    await config();
    await compare('hashes.config.json', '--seeds', '2');
    const run = await compare('hashes.config.json', '--seeds', '3');
    expect(run.err).toContain('resuming: 2 of 3 runs are done');
    expect(run.code).toBe(0);
  });

  it.each([
    [
      'a strategy that is not known',
      ['hashes.config.json', '--strategies', 'evolutoin'],
      /Did you mean "evolution"\?/,
      1,
    ],
    ['a config that is not there', ['nowhere.json'], /there is no file .*nowhere\.json/, 1],
    ['a config and a study', ['hashes.config.json', 'a.db'], /not both: hashes\.config\.json is a config/, 2],
    ['two configs', ['hashes.config.json', 'b.json'], /takes one config, found 2/, 2],
    ['names that are none', ['hashes.config.json', '--strategies', 'a,,b'], /expected names with commas/, 2],
    ['seeds that are none', ['hashes.config.json', '--seeds', '0'], /at least 1/, 2],
    [
      'a place that cannot be written',
      ['hashes.config.json', '--out', 'hashes.config.json/x'],
      /--out DIR/,
      1,
    ],
    [
      'options of a run, with studies',
      ['a.db', '--first-seed', '3'],
      /--first-seed: studies were searched/,
      2,
    ],
    ['a study that is not there', ['a.db', 'b.db'], /a\.db/, 1],
  ])('%s', async (_, words, message, code) => {
    await config();
    const run = await compare(...words);
    expect(run.err).toMatch(message);
    expect(run.code).toBe(code);
    expect(existsSync(at('comparison'))).toBe(false);
  });

  it('another config on the same directory is refused, and nothing is lost', async () => {
    await config();
    await compare('hashes.config.json', '--seeds', '1');
    await config(tableComparison({}, { trials: 29 }));
    const run = await compare('hashes.config.json', '--seeds', '1');
    expect(run.code).toBe(1);
    expect(run.err).toMatch(/trials has changed: .* began with 30, the config now says 29/);
  });

  it('a file of runs that is damaged, or none, is named and left as it is', async () => {
    await config();
    await compare('hashes.config.json', '--seeds', '1', '--out', 'out');
    await writeFile(at('out', 'comparison.db'), 'my notes, longer than a magic number');
    const run = await compare('hashes.config.json', '--seeds', '1', '--out', 'out');
    expect(run.code).toBe(1);
    expect(run.err).toMatch(/out\/comparison\.db is not a Nascent study file/);
    expect(readFileSync(at('out', 'comparison.db'), 'utf8')).toContain('my notes');
  });
});

describe('nascent compare STUDY STUDY…', { timeout: 60_000 }, () => {
  const study = (name: string, changes: Partial<StudyConfigInput> = {}) =>
    search(tableComparison({}, { trials: 12, ...changes }), { study: at(name), configDirectory: directory });

  it('reports on studies that were searched already', async () => {
    for (const seed of [1, 2]) {
      await study(`random-${seed}.db`, { seed });
      await study(`evolution-${seed}.db`, { seed, strategy: { use: 'evolution' } });
    }
    const files = ['random-1.db', 'random-2.db', 'evolution-1.db', 'evolution-2.db'];
    const run = await compare(...files, '--out', 'reported', '--json');
    expect(run.code).toBe(0);
    const { report } = JSON.parse(run.out);
    expect(report.rows).toMatchObject([
      { strategy: 'random', seeds: 2, trials: 12 },
      { strategy: 'evolution', seeds: 2, trials: 12 },
    ]);
    expect(readFileSync(at('reported', 'report.md'), 'utf8')).toContain('evolution');
  });

  it('refuses studies that do not compare, and one seed twice', async () => {
    await study('one.db');
    await study('other.db', { evaluator: { ...tableComparison().evaluator, options: { finals: false } } });
    expect((await compare('one.db', 'other.db')).err).toMatch(/have different evaluators/);
    expect((await compare('one.db', 'one.db')).err).toMatch(/two runs of "random" have the seed 1/);
  });

  it('tells strategies of one name and other options apart', async () => {
    await study('one.db', { strategy: { use: 'evolution' } });
    await study('other.db', { strategy: { use: 'evolution', options: { population: 4 } } });
    const run = await compare('one.db', 'other.db', '--json');
    expect(JSON.parse(run.out).report.rows).toMatchObject([
      { strategy: 'evolution', description: 'evolution' },
      { strategy: 'evolution (2)', description: 'evolution, population 4' },
    ]);
  });

  it('nascent search honours the budget of the config', async () => {
    await config(tableComparison({}, { budget: { seconds: 100 } }));
    const run = await nascent('search', 'hashes.config.json', '--study', 'study.db', '--json');
    expect(run.code).toBe(0);
    const { trials } = JSON.parse(run.out);
    expect(trials).toBeGreaterThanOrEqual(4); // a row takes 10 to 29 seconds
    expect(trials).toBeLessThanOrEqual(10);
  });
});
