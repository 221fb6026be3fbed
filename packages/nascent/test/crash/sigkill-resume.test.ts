import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NascentError } from '../../src/errors.ts';
import { type RandomStream, randomStream } from '../../src/random.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { StudyConfigInput } from '../../src/study/config.ts';
import { fixtures } from '../fixtures/paths.ts';

/*
 * The promise of exact resume, kept by the real thing: the command line, its worker process, the engine, real
 * CIFAR-10 images and SIGKILL. `study/exact-resume.test.ts` kills at every step, but only in imagination.
 */

const binary = fileURLToPath(new URL('../../bin/nascent.js', import.meta.url));

const config: StudyConfigInput = {
  space: {
    use: 'convolutional',
    options: { filterHeight: [1, 3], filterWidth: [1, 3], filterCount: [4, 8] },
    arguments: { layers: 2 },
  },
  evaluator: {
    use: 'image-classifier',
    options: {
      dataset: { name: 'cifar10', path: fixtures.cifar10, validationExamples: 0.2 },
      epochs: 3,
      batchSize: 20,
    },
  },
  // Updates every two children, so that most kills fall between updates that really happened.
  strategy: { use: 'policy-gradient', options: { preset: 'small', batchSize: 2 } },
  trials: 12,
  workers: 1,
  seed: 11,
};

const kills = 10;
/** Print it and set it to repeat a failure. */
const seed = Number(process.env['NASCENT_CRASH_SEED'] ?? Date.now());

let directory: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  if (!existsSync(new URL('../../dist/cli/main.js', import.meta.url))) {
    throw new Error('this test runs the built command line: run npm run build:ts first');
  }
  directory = await mkdtemp(join(tmpdir(), 'nascent-crash-'));
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
});
afterAll(async () => {
  for (const child of running) killGroup(child);
  await rm(directory, { recursive: true });
});

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

interface Search {
  readonly child: ChildProcess;
  /** Resolves with the exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Resolves at the first line of progress: the study is open, children are being trained. */
  readonly working: Promise<void>;
  readonly said: () => string;
}

function search(study: string): Search {
  const child = spawn(process.execPath, [binary, 'search', 'config.json', '--study', study], {
    cwd: directory,
    detached: true, // a group of its own, so that the whole group can be killed
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  let said = '';
  const working = new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/^(resuming|\[\d+\/)/m.test(said)) resolve();
    });
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, ended, working, said: () => said };
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Kills a search at a random moment. @returns whether it was still running */
async function killAtRandom(
  study: string,
  within: { startMs: number; workMs: number },
  random: RandomStream,
) {
  const { child, ended, working, said } = search(study);
  // A fifth of the kills fall anywhere from the start of the process, the others while it works.
  if (random.uniform() < 0.2) await Promise.race([ended, delay(random.uniform() * within.startMs)]);
  else {
    await Promise.race([ended, working]);
    await Promise.race([ended, delay(random.uniform() * within.workMs)]);
  }
  // The whole group at once, or the main process alone: its worker must then end by itself, and harm nothing.
  const alone = random.uniform() < 0.5;
  if (alone) child.kill('SIGKILL');
  else killGroup(child);
  const code = await ended;
  if (code !== null && code !== 0) throw new Error(`the search failed by itself:\n${said()}`);
  return code === null;
}

async function runToEnd(study: string): Promise<{ startMs: number; workMs: number }> {
  const begun = performance.now();
  const { ended, working, said } = search(study);
  await Promise.race([ended, working]);
  const startMs = performance.now() - begun;
  const code = await ended;
  if (code !== 0) throw new Error(`the search ended with code ${code}:\n${said()}`);
  return { startMs, workMs: performance.now() - begun - startMs };
}

/** All that a kill must not change. Clock times, attempts and facts about workers are left out. */
async function stateOf(study: string) {
  const store = await openStore(join(directory, study), { access: 'read' });
  try {
    const { id } = await store.study();
    const records = await store.trials(id);
    const trials = records.map(
      ({ number, tokens, architecture, seed, state, outcome, reward, score, ...rest }) => {
        const { parameters, epochs, childFailures } = rest;
        const { trainingSeconds: _, ...facts } = rest.facts;
        return {
          number,
          tokens,
          architecture,
          seed,
          state,
          outcome,
          reward,
          score,
          parameters,
          facts,
          epochs,
          childFailures,
        };
      },
    );
    const curves = await Promise.all(
      records.map(async ({ number }) =>
        (await store.curve(id, number)).map(({ epoch, trainingLoss, score }) => ({
          epoch,
          trainingLoss,
          score,
        })),
      ),
    );
    const state = await store.strategyState(id);
    return { trials, curves, controller: Buffer.from(state?.bytes ?? []).toString('base64') };
  } finally {
    await store.close();
  }
}

/** Numbers of the trials that have a result; read as `nascent trials` would, right after the kill. */
async function completed(study: string): Promise<number[]> {
  try {
    const store = await openStore(join(directory, study), { access: 'read' });
    try {
      const { id } = await store.study();
      return (await store.trials(id, { states: ['completed'] })).map((trial) => trial.number);
    } finally {
      await store.close();
    }
  } catch (thrown) {
    // Killed before it had stored its study; what was completed before is checked by the caller.
    if (thrown instanceof NascentError) return [];
    throw thrown;
  }
}

describe(`SIGKILL and resume (NASCENT_CRASH_SEED=${seed})`, () => {
  it(`a study killed at ${kills} random moments ends with the trials, rewards, curves and controller of one never killed`, {
    timeout: 900_000,
  }, async () => {
    const random = randomStream(seed, 'kills');
    const timing = await runToEnd('whole.db');
    const expected = await stateOf('whole.db');
    expect(expected.trials.map((trial) => trial.state)).toEqual(Array(config.trials).fill('completed'));

    const within = { startMs: 1.2 * timing.startMs, workMs: 0.25 * timing.workMs };
    let killed = 0;
    for (let file = 1; killed < kills; file++) {
      const study = `killed-${file}.db`;
      let before: number[] = [];
      while (killed < kills && (await killAtRandom(study, within, random))) {
        killed++;
        const after = await completed(study);
        expect(after.slice(0, before.length), 'no completed trial is ever lost').toEqual(before);
        before = after;
      }
      await runToEnd(study);
      expect(await stateOf(study)).toEqual(expected);
    }
  });
});
