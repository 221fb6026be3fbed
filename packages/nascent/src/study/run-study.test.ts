import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  rememberingStrategy,
  type ToyArchitecture,
  toyConfig,
  toyPool,
  toyProcess,
  toySpace,
} from '../../test/fixtures/toy-study.ts';
import { deriveSeed, randomStream } from '../random.ts';
import { encodeSample } from '../search-space/tokens.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { StudyConfigInput } from './config.ts';
import { ConfigChangedError, EvaluatorFailedError, StudyRunningError } from './errors.ts';
import { type RunStudyOptions, runStudy } from './run-study.ts';
import { verdict } from './stopping/verdict.ts';
import type { StudyEvent } from './study-event.ts';
import { WarmStartError } from './warm-start.ts';

let directory: string;
let store: Store;
const file = () => join(directory, 'study.db');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-study-'));
  store = await openStore(file(), { access: 'create' });
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

function study(
  config: Partial<StudyConfigInput> = {},
  changes: Partial<RunStudyOptions> = {},
): RunStudyOptions {
  const parsed = toyConfig(config);
  return {
    store,
    config: parsed,
    space: toySpace,
    strategy: rememberingStrategy(parsed.seed),
    pool: toyPool(),
    evaluatorIdentity: 'toy',
    codeVersion: '0.0.0',
    process: toyProcess(1),
    ...changes,
  };
}

const crashed = { kind: 'crashed', detail: 'SIGSEGV' } as const;
const threw = { kind: 'error', message: 'no such layer' } as const;

describe('study › the loop', () => {
  it('grows as its space does where the config gives no arguments', async () => {
    const schedule = { argument: 'layers', start: 1, add: 1, every: 2 };
    const space = { ...toySpace, schedule };
    const { trials } = await runStudy(study({ space: { use: './toy.ts' }, trials: 5 }, { space }));
    const depths = trials.map(({ architecture }) => (architecture as ToyArchitecture).widths.length);
    expect(depths).toEqual([1, 1, 2, 2, 3]);
  });

  it('draws, trains, rewards and tells, in order of number', async () => {
    const strategy = rememberingStrategy(7);
    const summary = await runStudy(study({}, { strategy }));
    expect(summary.interrupted).toBe(false);
    expect(summary.trials.map((trial) => trial.number)).toEqual([1, 2, 3, 4, 5]);
    expect(strategy.told.map((result) => result.number)).toEqual([1, 2, 3, 4, 5]);
    for (const trial of summary.trials) {
      const values = (await store.curve(1, trial.number)).map((epoch) => epoch.score.value);
      expect(trial).toMatchObject({ state: 'completed', attempt: 1, epochs: 2, parameters: 30 });
      expect(trial.reward).toBe(Math.max(...values));
      expect(trial.score).toEqual({ split: 'validation', metric: 'accuracy', value: Math.max(...values) });
      expect(trial.seed).toBe(deriveSeed(7, 'trial', trial.number));
    }
    expect(summary.best?.reward).toBe(Math.max(...summary.trials.map((trial) => trial.reward ?? 0)));
    expect((await store.study()).owner).toBeNull();
  });

  it('keeps every slot of the pool busy, and tells in the order of completion', async () => {
    let running = 0;
    let most = 0;
    const onEvent = (event: StudyEvent) => {
      if (event.kind === 'trial-started') most = Math.max(most, ++running);
      if (event.kind === 'trial-finished') running--;
    };
    const pool = toyPool({ slots: 3 });
    const { trials } = await runStudy(study({ trials: 9, workers: 3 }, { pool, onEvent }));
    expect(most).toBe(3);
    expect(trials.filter((trial) => trial.state === 'completed')).toHaveLength(9);
  });

  it('the layer schedule counts the samples drawn in the whole study, also across a resume', async () => {
    const space = {
      use: './toy.ts',
      schedule: { argument: 'layers', start: 1, add: 1, every: 2 },
    };
    await runStudy(study({ space, trials: 3 }));
    const { trials } = await runStudy(study({ space, trials: 6 }));
    const layers = trials.map((trial) => /layers=(\d)/.exec(trial.tokens)?.[1]);
    expect(layers).toEqual(['1', '1', '2', '2', '3', '3']);
  });

  it('tells its audience what happened, after it is stored', async () => {
    const kinds: string[] = [];
    await runStudy(study({ trials: 1 }, { onEvent: (event) => kinds.push(event.kind) }));
    expect(kinds).toEqual([
      'study-started',
      'trial-started',
      'epoch',
      'epoch',
      'trial-finished',
      'strategy-updated',
    ]);
  });
});

describe('study › children that fail', () => {
  it('a child that dies is tried again with the same seed, and its trial ends as if it had not', async () => {
    const undisturbed = await runStudy(study());
    const again = await openStore(join(directory, 'again.db'), { access: 'create' });
    const seen: string[] = [];
    const pool = toyPool({
      fate: ({ trial, attempt }) => (trial === 2 && attempt === 1 ? crashed : 'train'),
    });
    const onEvent = (event: StudyEvent) => {
      if (event.kind === 'trial-retried') seen.push(`${event.trial.number} ${event.detail}`);
    };
    const { trials } = await runStudy(study({}, { store: again, pool, onEvent }));
    await again.close();
    expect(seen).toEqual(['2 SIGSEGV']);
    expect(trials[1]).toMatchObject({ state: 'completed', attempt: 2, childFailures: 1 });
    expect(trials.map((trial) => trial.reward)).toEqual(undisturbed.trials.map((trial) => trial.reward));
  });

  it('at its attempt limit it has failed, earns the reward of failures, and is told', async () => {
    const strategy = rememberingStrategy(7);
    const pool = toyPool({ fate: ({ trial }) => (trial === 2 ? crashed : 'train') });
    const { trials } = await runStudy(study({}, { pool, strategy }));
    expect(trials[1]).toMatchObject({
      state: 'failed',
      outcome: crashed,
      childFailures: 2,
      reward: 0,
      score: null,
    });
    expect(strategy.told[1]).toMatchObject({ number: 2, reward: 0 });
    expect(trials.filter((trial) => trial.state === 'completed')).toHaveLength(4);
  });

  it('an evaluator that throws on the very first trial stops the study, which goes on once it is mended', async () => {
    const broken = study({}, { pool: toyPool({ fate: () => threw }) });
    await expect(runStudy(broken)).rejects.toThrow(EvaluatorFailedError);
    expect(await store.trials(1)).toMatchObject([{ state: 'queued', reward: null }]);
    const { trials } = await runStudy(study());
    expect(trials.filter((trial) => trial.state === 'completed')).toHaveLength(5);
  });

  it('once others were evaluated, a throw is that trial’s failure only', async () => {
    const pool = toyPool({ fate: ({ trial }) => (trial === 3 ? threw : 'train') });
    const { trials } = await runStudy(study({}, { pool }));
    expect(trials[2]).toMatchObject({ state: 'failed', outcome: threw });
  });

  it('an outcome of the child is not tried again', async () => {
    const outcome = { kind: 'out-of-memory', detail: '2 GiB' } as const;
    const evaluation = { outcome, curve: [], parameters: 9, facts: {} };
    const workerFacts = { threads: 1, pid: 1, overheadMs: 0 };
    const pool = toyPool({
      fate: ({ trial }) => (trial === 1 ? { kind: 'evaluated', evaluation, workerFacts } : 'train'),
    });
    const { trials } = await runStudy(study({}, { pool }));
    expect(trials[0]).toMatchObject({ state: 'failed', outcome, attempt: 1, reward: 0, parameters: 9 });
  });

  it('a score of test data ends the study: nothing is rewarded with it', async () => {
    const score = { split: 'test', metric: 'accuracy', value: 0.9 } as const;
    const evaluation = {
      outcome: { kind: 'completed' } as const,
      curve: [{ epoch: 1, trainingLoss: 1, score, elapsedMs: 1 }],
      parameters: 9,
      facts: {},
    };
    const workerFacts = { threads: 1, pid: 1, overheadMs: 0 };
    const pool = toyPool({ fate: () => ({ kind: 'evaluated', evaluation, workerFacts }) });
    await expect(runStudy(study({}, { pool }))).rejects.toThrow(/test/);
    expect(await store.trials(1)).toMatchObject([{ state: 'queued', reward: null }]);
  });
});

describe('study › duplicates', () => {
  const oneOfFour = { use: './toy.ts', arguments: { layers: 1 } };

  it('are trained again by default', async () => {
    const pool = toyPool();
    const { trials } = await runStudy(study({ space: oneOfFour, trials: 12 }, { pool }));
    expect(pool.evaluated).toHaveLength(12);
    expect(new Set(trials.map((trial) => trial.architectureKey)).size).toBeLessThanOrEqual(4);
  });

  it('where reused, are rows of their own: same reward and curve, told, counted, not trained', async () => {
    const pool = toyPool();
    const strategy = rememberingStrategy(7);
    const { trials } = await runStudy(
      study({ space: oneOfFour, trials: 12, duplicates: 'reuse' }, { pool, strategy }),
    );
    const reused = trials.filter((trial) => trial.reusedFrom !== null);
    expect(reused.length).toBeGreaterThanOrEqual(8);
    expect(pool.evaluated).toHaveLength(12 - reused.length);
    expect(strategy.told).toHaveLength(12);
    for (const trial of reused) {
      const original = trials[(trial.reusedFrom ?? 0) - 1];
      expect(original?.reusedFrom).toBeNull();
      expect(trial.reward).toBe(original?.reward);
      expect(trial.architecture).toEqual(original?.architecture);
      expect(trial.seed).not.toBe(original?.seed);
      expect(await store.curve(1, trial.number)).toEqual(await store.curve(1, original?.number ?? 0));
    }
  });
});

describe('study › warm start', () => {
  const given = [1, 2].map((seed) => sampleUniformly(toySpace, { layers: 2 }, randomStream(seed)));
  const warmStart = given.map((sample) => encodeSample(sample, toySpace));

  it('trains the given samples first, tells and counts them like others; then the strategy draws', async () => {
    const strategy = rememberingStrategy(7);
    const { trials, strategy: summary } = await runStudy(study({ warmStart, trials: 4 }, { strategy }));
    expect(trials.slice(0, 2).map((trial) => trial.tokens)).toEqual(warmStart);
    expect(trials[2]?.tokens).toContain('layers=3');
    expect(trials.every((trial) => trial.state === 'completed' && trial.reward !== null)).toBe(true);
    expect(strategy.told.map(({ number, reward }) => [number, reward])).toEqual(
      trials.map(({ number, reward }) => [number, reward]),
    );
    expect(summary.samples).toBe(4);
  });

  it('a sample of another space, or a strategy that takes none, is refused before the study is begun', async () => {
    await expect(runStudy(study({ warmStart: ['resnet-like'] }))).rejects.toThrow(WarmStartError);
    const { adopt: _, ...strategy } = rememberingStrategy(7);
    await expect(runStudy(study({ warmStart }, { strategy }))).rejects.toThrow(/adopt/);
    expect(await store.studies()).toEqual([]);
  });

  it('is part of the study: another one cannot resume it', async () => {
    await runStudy(study({ warmStart, trials: 1 }));
    await expect(runStudy(study({ trials: 1 }))).rejects.toThrow(/warmStart has changed/);
    const { trials } = await runStudy(study({ warmStart, trials: 3 }));
    expect(trials.slice(0, 2).map((trial) => trial.tokens)).toEqual(warmStart);
  });
});

describe('study › interrupted', () => {
  it('hands its children back, counts it against none, and resumes to the same end', async () => {
    const reference = await openStore(join(directory, 'reference.db'), { access: 'create' });
    const undisturbed = await runStudy(study({}, { store: reference }));
    await reference.close();

    const interrupt = new AbortController();
    const pool = toyPool({ fate: ({ trial }) => (trial === 3 ? 'hang' : 'train') });
    const onEvent = (event: StudyEvent) => {
      if (event.kind === 'epoch' && event.trial === 3 && event.report.epoch === 2) interrupt.abort();
    };
    const first = await runStudy(study({}, { pool, onEvent, signal: interrupt.signal }));
    expect(first.interrupted).toBe(true);
    expect(first.trials[2]).toMatchObject({ state: 'queued', attempt: 1, childFailures: 0, epochs: 0 });
    expect((await store.study()).owner).toBeNull();
    expect((await store.logEntries(1)).map((entry) => entry.kind)).toEqual(['created', 'interrupted']);

    const second = await runStudy(study());
    expect(second.interrupted).toBe(false);
    expect(second.trials[2]).toMatchObject({ state: 'completed', attempt: 2 });
    const facts = (summary: typeof second) =>
      summary.trials.map(({ tokens, reward }) => ({ tokens, reward }));
    expect(facts(second)).toEqual(facts(undisturbed));
  });

  it('before it began: nothing is drawn', async () => {
    const summary = await runStudy(study({}, { signal: AbortSignal.abort() }));
    expect(summary).toMatchObject({ interrupted: true, trials: [] });
  });
});

describe('study › resumed', () => {
  it('takes a dead owner’s trials back at once, as a new attempt', async () => {
    const pool = toyPool({ fate: ({ trial }) => (trial === 2 ? 'hang' : 'train') });
    // Left behind without a word, as after SIGKILL: its promise never ends.
    const dead = new Promise<void>((resolve) => {
      const onEvent = (event: StudyEvent) => {
        if (event.kind === 'epoch' && event.trial === 2) resolve();
      };
      void runStudy(study({}, { pool, onEvent, process: toyProcess(1) }));
    });
    await dead;
    const second = await openStore(file(), { access: 'write' });
    let requeued: readonly number[] = [];
    const onEvent = (event: StudyEvent) => {
      if (event.kind === 'study-started') requeued = event.requeued;
    };
    const { trials } = await runStudy(study({}, { store: second, onEvent, process: toyProcess(2) }));
    await second.close();
    expect(requeued).toEqual([2]);
    expect(trials[1]).toMatchObject({ state: 'completed', attempt: 2, childFailures: 0, epochs: 2 });
  });

  it('a second process cannot run the study of a living one', async () => {
    const pool = toyPool({ fate: () => 'hang' });
    const interrupt = new AbortController();
    let first: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve) => {
      const onEvent = (event: StudyEvent) => event.kind === 'trial-started' && resolve();
      first = runStudy(study({}, { pool, onEvent, signal: interrupt.signal }));
    });
    const second = study({}, { process: toyProcess(2, [1, 2]) });
    await expect(runStudy(second)).rejects.toThrow(StudyRunningError);
    await expect(runStudy(second)).rejects.toThrow(/pid 1 on host ada since \d{4}-/);
    interrupt.abort();
    await first;
  });

  it('the study of another machine is left alone, unless it is taken over', async () => {
    await runStudy(study({ trials: 1 }));
    const bob = { host: 'bob', bootId: 'boot-9', pid: 3, startTime: '1' };
    await store.claim(1, bob, () => 'dead'); // as a machine leaves it that has lost its power
    await expect(runStudy(study({ trials: 2 }))).rejects.toThrow(/another machine.*--take-over/);
    const { trials } = await runStudy(study({ trials: 2 }, { takeOver: true }));
    expect(trials).toHaveLength(2);
  });

  it('more trials, other workers and other limits may be asked for; the change is logged', async () => {
    await runStudy(study({ trials: 2 }));
    const { trials } = await runStudy(study({ trials: 4, workers: 2, limits: { attempts: 5 } }));
    expect(trials).toHaveLength(4);
    expect((await store.study()).config).toMatchObject({ trials: 4, workers: 2 });
    expect((await store.logEntries(1)).map((entry) => entry.kind)).toEqual([
      'created',
      'resumed',
      'config-changed',
    ]);
  });

  it.each([
    ['seed', { seed: 8 }, /seed has changed.*7.*8/],
    ['space', { space: { use: './toy.ts', arguments: { layers: 4 } } }, /space\.arguments\.layers.*3.*4/],
    ['strategy', { strategy: { use: 'random' } }, /strategy\.use/],
    ['evaluator', { evaluator: { use: './toy-evaluator.ts', options: { epochs: 3 } } }, /evaluator\.options/],
    ['reward', { reward: { kind: 'cubed-accuracy' } as const }, /reward\.kind/],
    ['duplicates', { duplicates: 'reuse' } as const, /duplicates/],
  ])('another %s is refused, and nothing is changed', async (_, change, message) => {
    await runStudy(study({ trials: 1 }));
    const before = await store.study();
    await expect(runStudy(study(change))).rejects.toThrow(ConfigChangedError);
    await expect(runStudy(study(change))).rejects.toThrow(message);
    expect(await store.study()).toEqual(before);
  });

  it('an evaluator whose module has changed is refused', async () => {
    await runStudy(study({ trials: 1 }));
    await expect(runStudy(study({}, { evaluatorIdentity: 'edited' }))).rejects.toThrow(/evaluator’s module/);
  });

  it('other data under the same name are refused; data that were not known before are not', async () => {
    await runStudy(study({ trials: 1 }, { datasetChecksum: 'a'.repeat(64) }));
    expect((await store.study()).datasetChecksum).toBe('a'.repeat(64));
    const other = study({ trials: 2 }, { datasetChecksum: 'b'.repeat(64) });
    await expect(runStudy(other)).rejects.toThrow(/content of the data set/);
    await runStudy(study({ trials: 2 }, { datasetChecksum: null }));
    expect(await store.trialCount((await store.study()).id)).toBe(2);
  });

  it('a finished study that is run again ends at once, unchanged', async () => {
    const first = await runStudy(study());
    const pool = toyPool();
    const second = await runStudy(study({}, { pool }));
    expect(pool.evaluated).toEqual([]);
    expect(second.trials).toEqual(first.trials);
  });
});

describe('study › hopeless children', () => {
  const asha = { rule: 'asha', firstRung: 1, factor: 2 } as const;
  const stopping = (changes: Partial<StudyConfigInput> = {}, slots = 1) =>
    study({ trials: 12, stopping: asha, ...changes }, { pool: toyPool({ epochs: 6, slots }) });

  it('are stopped, rewarded by their curve so far, told to the strategy, and never the best', async () => {
    const strategy = rememberingStrategy(7);
    const { trials, best } = await runStudy({ ...stopping(), strategy });
    const stopped = trials.filter((trial) => trial.state === 'stopped');
    expect(stopped.length).toBeGreaterThan(2);
    expect(trials[0]?.state, 'before it nothing was trained to the end').toBe('completed');
    for (const trial of stopped) {
      const curve = await store.curve(1, trial.number);
      const best = Math.max(...curve.map((point) => point.score.value));
      expect(trial.outcome).toMatchObject({ kind: 'stopped', rule: 'asha', epoch: trial.epochs });
      expect([1, 2, 4]).toContain(trial.epochs);
      expect(curve).toHaveLength(trial.epochs);
      expect(trial).toMatchObject({ reward: best, score: { value: best }, attempt: 1, parameters: 30 });
      expect(strategy.told[trial.number - 1]).toMatchObject({ number: trial.number, reward: best });
    }
    for (const trial of trials.filter(({ state }) => state === 'completed')) expect(trial.epochs).toBe(6);
    expect(best?.state).toBe('completed');
  });

  it('each verdict is the rule’s on the curves of the trials before', async () => {
    const { trials } = await runStudy(stopping());
    const curves = await Promise.all(trials.map((trial) => store.curve(1, trial.number)));
    for (const [i, trial] of trials.entries()) {
      const others = curves
        .slice(0, i)
        .map((curve, j) => ({ curve, completed: trials[j]?.state === 'completed' }));
      const whole = curves[i] ?? [];
      const verdicts = whole.map((_, at) => verdict(asha, whole.slice(0, at + 1), others));
      expect(verdicts.slice(0, -1).every((one) => one === null)).toBe(true);
      expect(verdicts.at(-1) ?? { kind: 'completed' }).toEqual(trial.outcome);
    }
  });

  it('are not taken for a trained twin: a duplicate is trained itself', async () => {
    const space = { use: './toy.ts', arguments: { layers: 1 } };
    const { trials } = await runStudy(stopping({ space, duplicates: 'reuse', trials: 16 }));
    const reused = trials.filter((trial) => trial.reusedFrom !== null);
    expect(reused.length).toBeGreaterThan(0);
    for (const { reusedFrom } of reused) expect(trials[(reusedFrom ?? 0) - 1]?.state).toBe('completed');
    const stoppedKeys = new Set(
      trials.filter(({ state }) => state === 'stopped').map(({ architectureKey }) => architectureKey),
    );
    expect(stoppedKeys.size).toBeGreaterThan(0);
  });

  it('with several at once all end, and are told once', async () => {
    const { trials } = await runStudy(stopping({ workers: 3, trials: 20 }, 3));
    expect(trials).toHaveLength(20);
    for (const { state } of trials) expect(['completed', 'stopped']).toContain(state);
    expect(trials.some(({ state }) => state === 'stopped')).toBe(true);
  });

  it('the rule cannot change on resume, nor go', async () => {
    await runStudy(stopping({ trials: 2 }));
    const other = { ...asha, factor: 3 };
    await expect(runStudy(stopping({ stopping: other }))).rejects.toThrow(/stopping\.factor.*2.*3/);
    await expect(runStudy(study({ trials: 3 }))).rejects.toThrow(/stopping/);
  });
});

describe('study › its budget', () => {
  /** Every child is charged 30 simulated seconds. */
  const charging = (slots = 1) =>
    toyPool({
      slots,
      fate: () => ({
        kind: 'evaluated',
        evaluation: {
          outcome: { kind: 'diverged', epoch: 1, detail: 'on purpose' },
          curve: [],
          parameters: 1,
          facts: { simulatedSeconds: 30 },
        },
        workerFacts: { threads: 1, pid: 1, overheadMs: 0 },
      }),
    });

  it('ends the search once it is spent, and that is no interruption', async () => {
    const config = { trials: 50, budget: { seconds: 100 } };
    const summary = await runStudy(study(config, { pool: charging() }));
    expect(summary.trials).toHaveLength(4); // at 90 seconds one more is drawn
    expect(summary.interrupted).toBe(false);
    const again = await runStudy(study(config, { pool: charging() }));
    expect(again.trials).toHaveLength(4);
  });

  it('may be raised on resume', async () => {
    await runStudy(study({ trials: 50, budget: { seconds: 60 } }, { pool: charging() }));
    const more = await runStudy(study({ trials: 50, budget: { seconds: 180 } }, { pool: charging() }));
    expect(more.trials).toHaveLength(6);
  });

  it('counts what several children take at once: those in training may end beyond it', async () => {
    const config = { trials: 50, budget: { seconds: 60 } };
    const summary = await runStudy(study(config, { pool: charging(3) }));
    expect(summary.trials.length).toBeGreaterThanOrEqual(3);
    expect(summary.trials.length).toBeLessThanOrEqual(4);
  });

  it('does not matter where the trials are fewer', async () => {
    const summary = await runStudy(study({ trials: 2, budget: { seconds: 100 } }, { pool: charging() }));
    expect(summary.trials).toHaveLength(2);
  });
});
