import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  childrenComparison,
  tableComparison,
  withoutMeasuredTimes,
} from '../../../test/fixtures/comparisons.ts';
import { openComparisonStore } from '../../store/open-store.ts';
import type { CompareEvent } from './compare-event.ts';
import { type ComparedRuns, type RunComparisonOptions, runComparison } from './run-comparison.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-compare-'));
});
afterEach(() => rm(directory, { recursive: true }));

const at = (name: string): string => join(directory, name);
const inDirectory = (name: string, more: Partial<RunComparisonOptions> = {}): RunComparisonOptions => ({
  out: at(name),
  configDirectory: directory,
  workers: 1,
  ...more,
});
const bits = ({ runs }: ComparedRuns, simulated = true) =>
  runs.map((run) => withoutMeasuredTimes(run, { simulated }));

/** A strategy of the user's own, written into the directory. */
async function strategyModule(name: string, ask: string): Promise<string> {
  await writeFile(
    at(name),
    `export default (space, options, seed) => ({
      name: 'mine',
      ask() { ${ask} },
      tell() {}, state() { return new Uint8Array(); }, restore() {},
      summary() { return { samples: 0, updates: 0, baseline: null, entropy: null, kl: null }; },
      dispose() {},
    });`,
  );
  return `./${name}`;
}
const dyingOnSeed2 = "if (seed === 2) process.kill(process.pid, 'SIGSEGV'); throw new Error('seed ' + seed);";

describe('comparison › on a table', { timeout: 120_000 }, () => {
  it('runs every strategy with every seed within the budget, and opens the finals of each run', async () => {
    const events: CompareEvent[] = [];
    const compared = await runComparison(
      tableComparison({}, { compare: { strategies: ['random', 'strong'], seeds: 2, firstSeed: 7 } }),
      inDirectory('out', { onEvent: (event) => events.push(event) }),
    );
    expect(compared.interrupted).toBe(false);
    expect(compared.runs.map(({ strategy, seed }) => [strategy, seed])).toEqual([
      ['random', 7],
      ['random', 8],
      ['strong', 7],
      ['strong', 8],
    ]);
    for (const { trials, policy, strategy } of compared.runs) {
      const spent = trials.seconds.reduce((sum, seconds) => sum + seconds, 0);
      expect(spent).toBeLessThanOrEqual(400);
      expect(spent).toBeGreaterThan(400 - 30); // the dearest row takes less than 30
      expect(trials.finalTest.every((score) => score !== null)).toBe(true);
      expect(policy.updates > 0).toBe(strategy === 'strong');
    }
    expect(compared.facts).toEqual({
      space: 'convolutional, version 1',
      strategies: new Map([
        ['random', 'random'],
        ['strong', 'policy-gradient, preset strong, warmup 9'],
      ]),
      metric: 'accuracy',
      scoreSplit: 'validation',
      finals: { validation: 'validation split', test: 'test split' },
      budget: { trials: 30, seconds: 400, clock: 'simulated' },
    });
    expect(events.map(({ kind }) => kind)).toEqual([
      'comparison-started',
      ...Array.from({ length: 4 }, () => ['run-started', 'run-finished']).flat(),
    ]);
    const store = await openComparisonStore(compared.database, { access: 'read' });
    const log = await store.logEntries();
    expect(await store.comparison()).toMatchObject({ owner: null, datasetChecksum: 'a-table' });
    await store.close();
    expect(log.filter(({ kind }) => kind === 'finals-opened').map(({ detail }) => detail)).toContainEqual({
      strategy: 'strong',
      seed: 8,
      validation: 'validation',
      test: 'test',
    });
  });

  it('has the same runs whatever the number of workers', async () => {
    const config = tableComparison({}, { compare: { strategies: ['random', 'strong'], seeds: 4 } });
    const one = await runComparison(config, inDirectory('one', { workers: 1 }));
    const two = await runComparison(config, inDirectory('two', { workers: 2 }));
    expect(bits(two)).toEqual(bits(one));
  });

  it('goes on with more seeds and strategies, and makes nothing again', async () => {
    const begun: string[] = [];
    const onEvent = (event: CompareEvent) => {
      if (event.kind === 'run-started') begun.push(`${event.strategy} ${event.seed}`);
    };
    const first = await runComparison(
      tableComparison({}, { compare: { strategies: ['random'], seeds: 2 } }),
      {
        ...inDirectory('out'),
      },
    );
    const more = await runComparison(tableComparison(), {
      ...inDirectory('out', { strategies: ['strong', 'random'], seeds: 3, onEvent }),
    });
    expect(begun).toEqual(['strong 1', 'strong 2', 'strong 3', 'random 3']);
    expect(bits(more).slice(3, 5)).toEqual(bits(first));
    const fewer = await runComparison(tableComparison(), {
      ...inDirectory('out', { strategies: ['random'], seeds: 2, onEvent }),
    });
    expect(begun).toHaveLength(4);
    expect(fewer.runs).toEqual(first.runs);
  });

  it('is refused with a change of what its runs depend on, and keeps them', async () => {
    const before = await runComparison(tableComparison(), inDirectory('out'));
    const changes = [
      [tableComparison({}, { trials: 31 }), 'trials has changed'],
      [tableComparison({}, { budget: { seconds: 401 } }), 'budget.seconds has changed'],
      [tableComparison({}, { reward: { kind: 'cubed-accuracy', lastEpochs: 1 } }), 'reward.kind has changed'],
      [tableComparison({ finals: false }), 'evaluator.options.finals has changed'],
      [
        tableComparison({}, { space: { use: 'convolutional', arguments: { layers: 2 } } }),
        'space.options has changed',
      ],
    ] as const;
    for (const [changed, message] of changes) {
      await expect(runComparison(changed, inDirectory('out'))).rejects.toThrow(message);
      await expect(runComparison(changed, inDirectory('out'))).rejects.toThrow(
        'another comparison with --out',
      );
    }
    // A label that stands for something else now.
    const strategies = [{ label: 'random', use: 'policy-gradient', options: { preset: 'strong' } }];
    await expect(runComparison(tableComparison(), inDirectory('out', { strategies }))).rejects.toThrow(
      /the strategy "random" is not what it was.*'random-2'/s,
    );
    expect((await runComparison(tableComparison(), inDirectory('out'))).runs).toEqual(before.runs);
  });

  it('a test score is refused as a reward, before a file is made', async () => {
    await expect(runComparison(tableComparison({ split: 'test' }), inDirectory('out'))).rejects.toThrow(
      /split "test" was offered as a reward/,
    );
    expect(existsSync(at('out'))).toBe(false);
  });

  it.each([
    ['a table that cannot be loaded', tableComparison({ refuse: 'no such table' }), 'no such table'],
    [
      'options that a strategy does not take',
      tableComparison(
        {},
        { compare: { strategies: [{ label: 'x', use: 'random', options: { patience: 3 } }] } },
      ),
      'options of the strategy "random"',
    ],
    [
      'a strategy that is not known',
      tableComparison({}, { compare: { strategies: ['randon'] } }),
      'Did you mean "random"?',
    ],
  ])('%s is said before a file is made', async (_, config, message) => {
    await expect(runComparison(config, inDirectory('out'))).rejects.toThrow(message);
    expect(existsSync(at('out'))).toBe(false);
  });

  it('an evaluator that throws at once stops the comparison', async () => {
    await expect(runComparison(tableComparison({ throwAlways: true }), inDirectory('out'))).rejects.toThrow(
      /the run of random with seed 1 cannot be made: the evaluator threw.*no such row/s,
    );
  });

  it('a strategy that throws names its run; the runs before it are kept', async () => {
    const use = await strategyModule('mine.mjs', "throw new Error('out of ideas');");
    const strategies = ['random', { label: 'mine', use }];
    await expect(runComparison(tableComparison(), inDirectory('out', { strategies }))).rejects.toThrow(
      /the run of mine with seed 1 cannot be made: .*out of ideas/s,
    );
    const store = await openComparisonStore(join(at('out'), 'comparison.db'), { access: 'read' });
    expect(await store.runKeys()).toMatchObject([{ strategy: 'random', seed: 1 }]);
    expect((await store.comparison())?.owner, 'it is free again').toBeNull();
    await store.close();
  });

  it('a run whose process dies is tried once more, then it stops the comparison', async () => {
    const use = await strategyModule('dying.mjs', dyingOnSeed2);
    const strategies = [{ label: 'dying', use }];
    await expect(
      runComparison(tableComparison(), inDirectory('out', { strategies, firstSeed: 2, seeds: 1 })),
    ).rejects.toThrow(/the run of dying with seed 2 cannot be made: .*SIGSEGV/s);
  });

  it('a directory that cannot be made is named', async () => {
    await writeFile(at('file'), '');
    await expect(runComparison(tableComparison(), inDirectory('file/out'))).rejects.toThrow(/--out DIR/);
  });

  it('interrupted before it began, it has nothing and says so', async () => {
    const compared = await runComparison(
      tableComparison(),
      inDirectory('out', { signal: AbortSignal.abort() }),
    );
    expect(compared).toMatchObject({ interrupted: true, wanted: 3, runs: [] });
  });

  it('interrupted in the middle, it keeps whole runs, and goes on to the same end', async () => {
    const config = tableComparison({}, { compare: { strategies: ['strong'], seeds: 4 } });
    const stop = new AbortController();
    const onEvent = (event: CompareEvent) => {
      if (event.kind === 'run-finished' && event.seed === 2) stop.abort();
    };
    const cut = await runComparison(config, inDirectory('cut', { signal: stop.signal, onEvent }));
    expect(cut.interrupted).toBe(true);
    expect(cut.runs.map(({ seed }) => seed)).toEqual([1, 2]);
    const whole = await runComparison(config, inDirectory('whole'));
    expect(bits(await runComparison(config, inDirectory('cut')))).toEqual(bits(whole));
  });
});

describe('comparison › of trained children', { timeout: 120_000 }, () => {
  const evaluationsIn = (file: string) => readFileSync(file, 'utf8').trim().split('\n');
  const strategies = ['random', { label: 'random again', use: 'random' }, 'strong'];

  it('trains each architecture once for each seed, whichever strategy asks, and pairs them by seed', async () => {
    const logFile = at('log');
    const config = childrenComparison({ logFile }, { compare: { strategies, seeds: 2 } });
    const compared = await runComparison(config, inDirectory('out', { workers: 2 }));
    const trained = evaluationsIn(logFile);
    expect(new Set(trained).size).toBe(trained.length);
    const keys = compared.runs.flatMap(({ seed, trials }) =>
      trials.architecture.map((architecture) => `${seed} ${architecture}`),
    );
    expect(trained).toHaveLength(new Set(keys).size);
    const [first, second, again] = compared.runs.map((run) => run.trials);
    expect(again?.reward, 'the same strategy and seed under another label').toEqual(first?.reward);
    expect(again?.seconds, 'what was measured once is charged to both').toEqual(first?.seconds);
    expect(second?.reward).not.toEqual(first?.reward);
    expect(compared.facts).toMatchObject({ finals: null, budget: { seconds: null, clock: 'measured' } });
  });

  it('has the same runs whatever the number of workers, measured times apart', async () => {
    const config = childrenComparison({}, { compare: { strategies: ['random', 'strong'], seeds: 2 } });
    const one = await runComparison(config, inDirectory('one', { workers: 1 }));
    const two = await runComparison(config, inDirectory('two', { workers: 2 }));
    expect(bits(two, false)).toEqual(bits(one, false));
  });

  it('interrupted in the middle of a run, it keeps every child that was trained', async () => {
    const logFile = at('log');
    const config = childrenComparison({ logFile, ms: 30 }, { compare: { strategies: ['random'], seeds: 1 } });
    const stop = new AbortController();
    const onEvent = (event: CompareEvent) => {
      if (event.kind === 'trial-finished' && event.trials === 4) stop.abort();
    };
    const cut = await runComparison(config, inDirectory('out', { signal: stop.signal, onEvent }));
    expect(cut).toMatchObject({ interrupted: true, runs: [] });
    const before = evaluationsIn(logFile).length;
    const { runs } = await runComparison(config, inDirectory('out'));
    const whole = await runComparison(
      childrenComparison({}, { compare: { strategies: ['random'], seeds: 1 } }),
      inDirectory('whole'),
    );
    expect(runs[0]?.trials.reward).toEqual(whole.runs[0]?.trials.reward);
    const all = evaluationsIn(logFile);
    expect(before).toBeGreaterThanOrEqual(3);
    expect(all.length - new Set(all).size, 'only the child in training is trained again').toBeLessThanOrEqual(
      1,
    );
  });

  it('a child that dies earns the reward of failed children', async () => {
    const config = childrenComparison(
      { dieOnWidest: true },
      {
        trials: 12,
        limits: { attempts: 1 },
        reward: { kind: 'accuracy', lastEpochs: 1, failed: -1 },
        compare: { strategies: ['random'], seeds: 1 },
      },
    );
    const { runs } = await runComparison(config, inDirectory('out'));
    const { reward, score } = runs[0]?.trials ?? { reward: [], score: [] };
    expect(reward).toHaveLength(12);
    expect(reward.some((value) => value === -1)).toBe(true);
    expect(score.map((value) => value === null)).toEqual(reward.map((value) => value === -1));
  });
});
