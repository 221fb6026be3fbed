import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Executioner, Killed, mortal } from '../../test/fixtures/mortal-store.ts';
import {
  rememberingStrategy,
  toyConfig,
  toyPool,
  toyProcess,
  toySpace,
} from '../../test/fixtures/toy-study.ts';
import { randomStream } from '../random.ts';
import { encodeSample } from '../search-space/tokens.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { openStore } from '../store/open-store.ts';
import type { EvaluatorPool } from './evaluator-pool.ts';
import { runStudy } from './run-study.ts';
import type { StoppingRule } from './stopping/rule.ts';

/*
 * Kills a study of one synchronous worker at every step at which a process can die: before and after each
 * transaction, and in the middle of each evaluation. Here "killed" means that store and pool stop answering; the real
 * thing, with SIGKILL, is test/crash/sigkill-resume.test.ts.
 */

const changing = new Set([
  'createStudy',
  'claim',
  'release',
  'ask',
  'startTrial',
  'appendEpoch',
  'tell',
  'requeueRunning',
  'log',
]);

function mortalPool(executioner: Executioner, slots: number, epochs: number): EvaluatorPool {
  const pool = toyPool({ slots, epochs });
  return {
    ...pool,
    async evaluate(job, options) {
      executioner.pass();
      const result = await pool.evaluate(job, options);
      executioner.pass();
      return result;
    },
  };
}

let directory: string;
beforeAll(async () => {
  // In memory where that is possible: a kill is not a power cut, and 80 studies are many fsyncs.
  directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'nascent-resume-'));
});
afterAll(() => rm(directory, { recursive: true }));

interface Run {
  readonly slots?: number;
  readonly trials?: number;
  readonly epochs?: number;
  readonly stopping?: StoppingRule;
  readonly warmStart?: string[];
}

/** One process's run of the study in this file; killed at step `killAt`. @returns the steps that it made */
async function run(
  file: string,
  pid: number,
  killAt: number,
  { slots = 1, trials = 3, epochs = 2, stopping, warmStart }: Run = {},
): Promise<{ steps: number; killed: boolean }> {
  const store = await openStore(join(directory, file), { access: 'create' });
  const executioner = new Executioner(killAt);
  const config = toyConfig({
    trials,
    workers: slots,
    ...(stopping === undefined ? {} : { stopping }),
    ...(warmStart === undefined ? {} : { warmStart }),
  });
  try {
    await runStudy({
      store: mortal(store, executioner, changing),
      config,
      space: toySpace,
      strategy: rememberingStrategy(config.seed),
      pool: mortalPool(executioner, slots, epochs),
      evaluatorIdentity: 'toy',
      codeVersion: '0.0.0',
      process: toyProcess(pid),
    });
    return { steps: executioner.step, killed: executioner.dead };
  } catch (thrown) {
    if (!(thrown instanceof Killed)) throw thrown;
    return { steps: executioner.step, killed: true };
  } finally {
    await store.close();
  }
}

/** All that resume must not change; clock times and attempts are left out. */
async function finalState(file: string) {
  const store = await openStore(join(directory, file), { access: 'read' });
  try {
    const study = await store.study();
    const records = await store.trials(study.id);
    const facts = records.map(({ number, tokens, architecture, architectureKey, seed, state, ...rest }) => {
      const { outcome, reward, score, parameters, epochs } = rest;
      return {
        number,
        tokens,
        architecture,
        architectureKey,
        seed,
        state,
        outcome,
        reward,
        score,
        parameters,
        epochs,
      };
    });
    const curves = await Promise.all(records.map((trial) => store.curve(study.id, trial.number)));
    const strategy = await store.strategyState(study.id);
    return { facts, curves, strategy: Buffer.from(strategy?.bytes ?? []).toString('hex') };
  } finally {
    await store.close();
  }
}

describe('exact resume', () => {
  it('killed at any step and resumed, a study ends as one that never was', { timeout: 120_000 }, async () => {
    const whole = await run('whole.db', 1, Number.POSITIVE_INFINITY);
    const expected = await finalState('whole.db');
    expect(expected.facts.map((trial) => trial.state)).toEqual(Array(3).fill('completed'));
    expect(whole.steps).toBeGreaterThan(40);
    for (let step = 0; step < whole.steps; step++) {
      const file = `killed-at-${step}.db`;
      const first = await run(file, 1, step);
      expect(first.killed, `step ${step} was reached`).toBe(true);
      expect(await run(file, 2, Number.POSITIVE_INFINITY)).toMatchObject({ killed: false });
      expect(await finalState(file), `killed at step ${step}`).toEqual(expected);
    }
  });

  it('also when it is killed again and again', { timeout: 120_000 }, async () => {
    await run('whole-again.db', 1, Number.POSITIVE_INFINITY);
    let killed = true;
    let lives = 0;
    // Each life is a little longer than the last: it must at least get through what resuming itself takes.
    while (killed) ({ killed } = await run('often.db', ++lives, 8 + lives));
    expect(lives).toBeGreaterThan(3);
    expect(await finalState('often.db')).toEqual(await finalState('whole-again.db'));
  });

  it.each<StoppingRule>([
    { rule: 'median', after: 1, warmUpTrials: 1 },
    { rule: 'asha', firstRung: 1, factor: 2 },
  ])('also where hopeless children are stopped early: $rule', { timeout: 120_000 }, async (stopping) => {
    const changes = { stopping, epochs: 4, trials: 5 };
    const { rule } = stopping;
    const whole = await run(`${rule}.db`, 1, Number.POSITIVE_INFINITY, changes);
    const expected = await finalState(`${rule}.db`);
    expect(new Set(expected.facts.map((trial) => trial.state))).toEqual(new Set(['completed', 'stopped']));
    for (let step = 0; step < whole.steps; step += 2) {
      const file = `${rule}-killed-at-${step}.db`;
      expect((await run(file, 1, step, changes)).killed, `step ${step} was reached`).toBe(true);
      expect(await run(file, 2, Number.POSITIVE_INFINITY, changes)).toMatchObject({ killed: false });
      expect(await finalState(file), `killed at step ${step}`).toEqual(expected);
    }
  });

  it('also where it began with given samples', { timeout: 120_000 }, async () => {
    const warmStart = [3, 4].map((seed) =>
      encodeSample(sampleUniformly(toySpace, { layers: 2 }, randomStream(seed)), toySpace),
    );
    const changes = { warmStart, trials: 4 };
    const whole = await run('warm.db', 1, Number.POSITIVE_INFINITY, changes);
    const expected = await finalState('warm.db');
    expect(expected.facts.slice(0, 2).map((trial) => trial.tokens)).toEqual(warmStart);
    for (let step = 0; step < whole.steps; step += 2) {
      const file = `warm-killed-at-${step}.db`;
      expect((await run(file, 1, step, changes)).killed, `step ${step} was reached`).toBe(true);
      expect(await run(file, 2, Number.POSITIVE_INFINITY, changes)).toMatchObject({ killed: false });
      expect(await finalState(file), `killed at step ${step}`).toEqual(expected);
    }
  });

  it('with several workers: no completed trial is lost or changed, and each is told once', {
    timeout: 120_000,
  }, async () => {
    const many = { slots: 3, trials: 7 };
    const whole = await run('many-whole.db', 1, Number.POSITIVE_INFINITY, many);
    for (let step = 5; step < whole.steps; step += 4) {
      const file = `many-killed-at-${step}.db`;
      if (!(await run(file, 1, step, many)).killed) continue; // it took fewer steps this time
      const before = (await finalState(file)).facts.filter((trial) => trial.state === 'completed');
      await run(file, 2, Number.POSITIVE_INFINITY, many);
      const after = await finalState(file);
      expect(after.facts.map((trial) => trial.state)).toEqual(Array(many.trials).fill('completed'));
      for (const trial of before) expect(after.facts[trial.number - 1]).toEqual(trial);
      const { told } = JSON.parse(Buffer.from(after.strategy, 'hex').toString());
      const numbers = told.map((result: { number: number }) => result.number);
      expect(numbers.sort((a: number, b: number) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    }
  });
});
