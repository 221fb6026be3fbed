import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  rememberingStrategy,
  toyConfig,
  toyPool,
  toyProcess,
  toySpace,
} from '../../../test/fixtures/toy-study.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { policyGradient } from '../../strategy/policy-gradient.ts';
import type { Strategy } from '../../strategy/strategy.ts';
import type { StudyConfig } from '../config.ts';
import { evaluateTrial } from './evaluate-trial.ts';
import { openLocalQueue } from './local-queue.ts';
import { openSharedStudy, runController } from './run-controller.ts';

/*
 * Kills a controller with its worker at every step at which a process can die: before and after each transaction. Here
 * "killed" means that the store stops answering; the real thing, with SIGKILL of several processes, is test/crash.
 */

class Killed extends Error {}

/** Counts the transactions of a process and ends it at one of them; whatever is tried after that fails. */
class Executioner {
  step = 0;
  dead = false;
  readonly #at: number;

  constructor(at: number) {
    this.#at = at;
  }

  pass(): void {
    if (this.dead || this.step === this.#at) {
      this.dead = true;
      throw new Killed();
    }
    this.step++;
  }
}

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

/** `of`, whose changing methods die by the executioner's choice, before or after they are done. */
function mortal<T extends object>(of: T, executioner: Executioner): T {
  return new Proxy(of, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'shared') return mortal(member as object, executioner);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        if (executioner.dead) throw new Killed();
        const steps = changing.has(String(name));
        if (steps) executioner.pass();
        const result: unknown = await member.apply(target, args);
        if (steps) executioner.pass();
        return result;
      };
    },
  });
}

/** A process with one replica and one worker; a different pid each time. */
async function live(pid: number, store: Store, config: StudyConfig, strategy: Strategy): Promise<void> {
  const process = toyProcess(pid);
  const common = {
    store,
    config,
    space: toySpace,
    strategy,
    evaluatorIdentity: 'toy',
    codeVersion: '0.0.0',
    process,
  };
  const shared = await openSharedStudy(common);
  const queue = openLocalQueue();
  const worker = { name: `toy-${pid}`, process: process.identity };
  const desk = { store, study: shared.study, config, pool: toyPool(), queue, worker };
  const leave = new AbortController();
  const consumer = queue.consume(1, async (job) => {
    await evaluateTrial(desk, job, leave.signal, { value: true });
  });
  let died: unknown = null;
  consumer.done.catch((thrown: unknown) => {
    died = thrown;
    leave.abort();
  });
  try {
    const settings = { replicas: 1, deadAfterMs: 1, pollMs: 1, signal: leave.signal, onEvent: () => {} };
    const { complete } = await runController({ ...common, ...settings, queue, shared });
    if (!complete) throw died ?? new Error('the controller left although nobody told it to');
  } finally {
    await consumer.close().catch(() => {}); // its death was seen above
  }
}

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
          await live(pid + 1, at === null ? store : mortal(store, at), config, strategy);
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
