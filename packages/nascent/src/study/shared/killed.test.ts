import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Executioner, Killed, mortal } from '../../../test/fixtures/mortal-store.ts';
import { runToyShared } from '../../../test/fixtures/toy-shared-study.ts';
import { rememberingStrategy, toyConfig, toySpace } from '../../../test/fixtures/toy-study.ts';
import { openStore } from '../../store/open-store.ts';
import { policyGradient } from '../../strategy/policy-gradient.ts';
import type { Strategy } from '../../strategy/strategy.ts';

/*
 * Kills a controller with its worker at every step at which a process can die: before and after each transaction. Here
 * "killed" means that the store stops answering; the real thing, with SIGKILL of several processes, is test/crash.
 */

const changing = new Set([
  'createStudy',
  'log',
  'appendEpoch',
  'share',
  'claimReplicas',
  'draw',
  'push',
  'startAttempt',
  'finishAttempt',
  'requeueAttempt',
]);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-killed-'));
});
afterAll(() => rm(directory, { recursive: true }));

const paper = { preset: 'paper', learningRate: 0.02, batchSize: 2, hiddenSize: 4, layers: 1 } as const;
const strategies = new Map<string, (seed: number) => Strategy>([
  ['whose state is one', (seed) => rememberingStrategy(seed)],
  ['in shards', (seed) => policyGradient(toySpace, paper, seed)],
]);

async function outcome(file: string) {
  const store = await openStore(file, { access: 'read' });
  try {
    const { id } = await store.study();
    const trials = await store.trials(id);
    return {
      trials: trials.map(({ number, tokens, reward, score, seed, state }) => ({
        number,
        tokens,
        reward,
        score,
        seed,
        state,
      })),
      curves: await Promise.all(trials.map(({ number }) => store.curve(id, number))),
      state: (await store.strategyState(id))?.bytes ?? null,
      shards: await store.shared.pull(id),
      learned: (await store.shared.gradients(id)).reduce((sum, gradient) => sum + gradient.trials, 0),
      progress: await store.shared.progress(id, false),
    };
  } finally {
    await store.close();
  }
}

describe.each([...strategies.keys()])(
  'a controller and its worker, killed at any step, of a strategy %s',
  (kind) => {
    const config = toyConfig({
      trials: 4,
      strategy: { use: 'policy-gradient', options: paper },
      parallel: { shards: 3 },
    });
    const fresh = () => strategies.get(kind)?.(config.seed) ?? rememberingStrategy(config.seed);

    /** @returns the steps of the first process */
    async function run(file: string, killAt: number): Promise<number> {
      const executioner = new Executioner(killAt);
      for (const [pid, at] of [executioner, null].entries()) {
        const store = await openStore(file, { access: 'create' });
        const strategy = fresh();
        try {
          const its = at === null ? store : mortal(store, at, changing);
          await runToyShared(its, config, strategy, { pid: pid + 1, deadAfterMs: 1 });
          if (at !== null) return executioner.step; // it lived to the end
        } catch (thrown) {
          if (!(thrown instanceof Killed)) throw thrown;
        } finally {
          strategy.dispose();
          await store.close();
        }
      }
      return executioner.step;
    }

    it('comes to the same end, bit for bit, as one that lives', async () => {
      const whole = join(directory, `${kind}.db`);
      const steps = await run(whole, Number.POSITIVE_INFINITY);
      expect(steps).toBeGreaterThan(30);
      const expected = await outcome(whole);
      expect(expected.learned).toBe(config.trials);
      for (let at = 0; at < steps; at++) {
        const file = join(directory, `${kind}-${at}.db`);
        await run(file, at);
        expect(await outcome(file), `killed at step ${at} of ${steps}`).toEqual(expected);
      }
    }, 120_000);
  },
);
