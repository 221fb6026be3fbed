import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { registerShowCommand } from '../../src/cli/show.ts';
import { registerTrialsCommand } from '../../src/cli/trials.ts';
import { search } from '../../src/experiment/search.ts';
import { loadConfig } from '../../src/study/load-config.ts';
import { runCommand } from '../fixtures/cli.ts';
import { fixtures } from '../fixtures/paths.ts';

const examples = fileURLToPath(new URL('../../../../examples/', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'nascent-tables-'));
afterAll(() => rmSync(place, { recursive: true }));

/** An example's search, short, by chance, and on the committed table. */
async function searchExample(
  example: string,
  { table, cells }: { readonly table: string; readonly cells?: number },
) {
  const { config } = await loadConfig(join(examples, example));
  const pool = cells === undefined ? {} : { cells };
  const study = join(place, `${example}.db`);
  const result = await search(
    {
      ...config,
      space: { ...config.space, options: { ...config.space.options, ...pool } },
      evaluator: { ...config.evaluator, options: { ...config.evaluator.options, ...pool, table } },
      strategy: { use: 'random' },
      trials: 30,
    },
    { study, configDirectory: fixtures.benchmarks },
  );
  const command = async (register: typeof registerShowCommand, ...words: string[]) =>
    (await runCommand(register, [...words, '--study', study], { cwd: place })).out;
  return {
    ...result,
    show: await command(registerShowCommand, 'show', 'best'),
    list: await command(registerTrialsCommand, 'trials', '--top', '5'),
  };
}

describe('nascent search on a table, in this process', () => {
  it('NAS-Bench-201: every trial has its reward, its simulated cost and a drawing', async () => {
    const { trials, show, list } = await searchExample('nasbench201.config.ts', { table: 'nasbench201' });
    expect(trials.length).toBe(30);
    for (const trial of trials) {
      expect(trial).toMatchObject({ state: 'completed', epochs: 1, worker: { pid: process.pid } });
      expect(trial.reward).toBe(trial.score?.value);
      expect(trial.facts['simulatedSeconds']).toBeGreaterThan(0);
    }
    expect(show).toMatch(/simulated cost \d+ min/);
    expect(show).toMatch(/residual block, 32 filters/);
    expect(list).not.toContain('%6E'); // the operation `none` is written as it is
  });

  it('NAS-Bench-Macro: the score says that it is a benchmark’s; show gives parameters, FLOPs and digits', async () => {
    const { trials, show } = await searchExample('nasbench-macro.config.ts', { table: 'nasbench-macro' });
    expect(trials.map((trial) => trial.state)).toEqual(Array(30).fill('completed'));
    expect(trials.map((trial) => trial.score?.split)).toEqual(Array(30).fill('benchmark'));
    expect(show).toMatch(/benchmark accuracy .* %/);
    expect(show).toMatch(/[\d,]+ parameters\n.*FLOPs for one example\n/);
    expect(show).toMatch(/"arch": "[012]{8}"/);
  });

  it('the NATS-Bench size space', async () => {
    const { trials, best } = await searchExample('natsbench-size.config.ts', { table: 'natsbench-size' });
    expect(trials.map((trial) => trial.state)).toEqual(Array(30).fill('completed'));
    expect(best?.reward).toBeGreaterThan(0.9);
  });

  it('NAS-Bench-NLP: cells that broke down have diverged and earn nothing', async () => {
    const { trials } = await searchExample('nasbench-nlp.config.ts', { table: 'nasbench-nlp', cells: 301 });
    const states = new Set(trials.map((trial) => trial.state));
    expect(states).toEqual(new Set(['completed', 'diverged']));
    for (const trial of trials) {
      const perplexity = trial.score?.value;
      expect(trial.reward).toBe(perplexity === undefined ? 0 : 6400 / perplexity ** 2);
    }
  });
});
