import { afterEach, describe, expect, it } from 'vitest';
import { NascentError } from '../../src/errors.ts';
import { type RandomStream, randomStream } from '../../src/random.ts';
import { builtInSpace, encodeSample, sampleUniformly } from '../../src/search-space/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { StudyConfigInput } from '../../src/study/config.ts';
import { SearchGround, smallStudy } from './search-process.ts';

/*
 * The promise of exact resume, kept by the real thing: the command line, its worker process, the engine, real
 * CIFAR-10 images and SIGKILL. `study/exact-resume.test.ts` kills at every step, but only in imagination.
 */

/** Print it and set it to repeat a failure. */
const seed = Number(process.env['NASCENT_CRASH_SEED'] ?? Date.now());

let ground: SearchGround;
afterEach(() => ground.remove());

/** Children that the rule stops depend on the curves of those before them: a stopped one too many shows here. */
const stoppingStudy: StudyConfigInput = {
  ...smallStudy,
  stopping: { rule: 'asha', firstRung: 1, factor: 2 },
};

/** Two networks of three layers before the search's own of two. */
const warmStudy = (): StudyConfigInput => {
  const space = builtInSpace('convolutional', smallStudy.space.options);
  const given = [1, 2].map((number) => sampleUniformly(space, { layers: 3 }, randomStream(number)));
  return { ...smallStudy, warmStart: given.map((sample) => encodeSample(sample, space)) };
};

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Kills a search at a random moment. @returns whether it was still running */
async function killAtRandom(
  study: string,
  within: { startMs: number; workMs: number },
  random: RandomStream,
) {
  const { ended, working, said, kill } = ground.search(study);
  // A fifth of the kills fall anywhere from the start of the process, the others while it works.
  if (random.uniform() < 0.2) await Promise.race([ended, delay(random.uniform() * within.startMs)]);
  else {
    await Promise.race([ended, working]);
    await Promise.race([ended, delay(random.uniform() * within.workMs)]);
  }
  // The whole group at once, or the main process alone: its worker must then end by itself, and harm nothing.
  kill(random.uniform() < 0.5 ? 'main' : 'group');
  const code = await ended;
  if (code !== null && code !== 0) throw new Error(`the search failed by itself:\n${said()}`);
  return code === null;
}

async function runToEnd(study: string): Promise<{ startMs: number; workMs: number }> {
  const begun = performance.now();
  const { ended, working, said } = ground.search(study);
  await Promise.race([ended, working]);
  const startMs = performance.now() - begun;
  const code = await ended;
  if (code !== 0) throw new Error(`the search ended with code ${code}:\n${said()}`);
  return { startMs, workMs: performance.now() - begun - startMs };
}

/** All that a kill must not change. Clock times, attempts and facts about workers are left out. */
async function stateOf(study: string) {
  const store = await openStore(ground.path(study), { access: 'read' });
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

/** Numbers of the trials that were trained, to the end or until they were stopped; read as `nascent trials` would, right after the kill. */
async function completed(study: string): Promise<number[]> {
  try {
    const store = await openStore(ground.path(study), { access: 'read' });
    try {
      const { id } = await store.study();
      return (await store.trials(id, { states: ['completed', 'stopped'] })).map((trial) => trial.number);
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
  it.each([
    { what: 'a study', config: smallStudy, kills: 10, states: ['completed'] },
    {
      what: 'a study that stops hopeless children',
      config: stoppingStudy,
      kills: 4,
      states: ['completed', 'stopped'],
    },
    { what: 'a study with a warm start', config: warmStudy(), kills: 4, states: ['completed'] },
  ])(
    '$what killed at $kills random moments ends with the trials, rewards, curves and controller of one never killed',
    {
      timeout: 900_000,
    },
    async ({ config, kills, states }) => {
      ground = await SearchGround.make(config);
      const random = randomStream(seed, 'kills');
      const timing = await runToEnd('whole.db');
      const expected = await stateOf('whole.db');
      expect(expected.trials).toHaveLength(smallStudy.trials);
      expect([...new Set(expected.trials.map((trial) => trial.state))].sort()).toEqual(states);

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
    },
  );
});
