import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newStudy } from '../../../test/contract/new-study.ts';
import { rememberingStrategy, toyProcess, toySpace } from '../../../test/fixtures/toy-study.ts';
import { encodeSample } from '../../search-space/tokens.ts';
import { StrategyStateConflictError } from '../../store/errors.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { wholeLearner } from './whole-learner.ts';

const args = { layers: 2 };
const seed = 7;

let directory: string;
let store: Store;
let study: number;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-whole-'));
  store = await openStore(join(directory, 'study.db'), { access: 'create' });
  ({ id: study } = await store.createStudy(newStudy));
  await store.shared.share(study, { accumulate: 1, baseline: null }, []);
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

/** Replica `replica` of a process of its own, with what it does: draw a trial, let it end, learn from it. */
async function replicaOf(pid: number, replica: number) {
  const { identity } = toyProcess(pid);
  const strategy = rememberingStrategy(seed);
  const learner = wholeLearner(strategy, { store, study: await store.study(), owner: identity }, 1);
  await store.shared.claimReplicas(study, identity, 1, 1e9);
  let sequence = 0;
  return {
    strategy,
    refresh: () => learner.refresh(),
    /** @param fail the transaction is rolled back after the strategy has drawn */
    async draw({ fail = false } = {}) {
      const limits = { atMost: 1, countSpent: false };
      const [drawn] = await store.shared.draw(study, identity, replica, limits, (facts) => {
        const { samples, state } = learner.draw(facts, args, []);
        if (fail) throw new Error('the database went away');
        const trials = samples.map((sample, k) => ({
          number: facts.drawn + k + 1,
          tokens: encodeSample(sample, toySpace),
          architecture: {},
          architectureKey: String(facts.drawn),
          seed: 1,
        }));
        return { trials, state };
      });
      return drawn?.number ?? 0;
    },
    async learn(number: number, reward: number) {
      const worker = { name: 'toy', process: identity };
      await store.shared.startAttempt(study, number, 1, worker);
      const ended = {
        outcome: { kind: 'completed' },
        curve: [],
        reward,
        score: null,
        parameters: null,
      } as const;
      const result = {
        number,
        attempt: 1,
        attemptLimit: 1,
        ...ended,
        facts: {},
        reusedFrom: null,
        worker: null,
      };
      await store.shared.finishAttempt(study, result, 1);
      const sample = { space: toySpace.identity, arguments: args, answers: [] };
      sequence += 1;
      return learner.learn({ replica, sequence }, [{ number, result: { sample, reward } }]);
    },
  };
}

describe('replicas of a strategy whose state is one', () => {
  it('take turns from the newest state, whoever made it', async () => {
    const [ada, bob] = [await replicaOf(1, 1), await replicaOf(2, 2)];
    for (const [turn, one] of [ada, bob, ada, ada, bob, ada].entries()) {
      await one.refresh();
      await one.learn(await one.draw(), turn / 10);
      // Each has drawn and been told all that both have.
      expect(one.strategy.told.map(({ reward }) => reward)).toEqual(
        Array.from({ length: turn + 1 }, (_, k) => k / 10),
      );
      expect(one.strategy.summary().samples).toBe(turn + 1);
    }
  });

  it('are refused where they draw from an older one, and go on from the newer', async () => {
    const [ada, bob] = [await replicaOf(1, 1), await replicaOf(2, 2)];
    await ada.refresh();
    await bob.refresh();
    await ada.draw();
    await expect(bob.draw()).rejects.toThrow(StrategyStateConflictError);
    await bob.refresh();
    expect(await bob.draw()).toBe(2);
    expect(bob.strategy.summary().samples).toBe(2);
  });

  it('forget what was drawn and not stored', async () => {
    const ada = await replicaOf(1, 1);
    await ada.refresh();
    await expect(ada.draw({ fail: true })).rejects.toThrow('the database went away');
    await ada.refresh();
    expect(await ada.draw()).toBe(1);
    expect(ada.strategy.summary().samples).toBe(1);
  });

  it('do not restore what they themselves have stored', async () => {
    const ada = await replicaOf(1, 1);
    await ada.refresh();
    let restored = 0;
    const { restore } = ada.strategy;
    ada.strategy.restore = (bytes) => {
      restored += 1;
      restore(bytes);
    };
    await ada.learn(await ada.draw(), 0.5);
    await ada.refresh();
    await ada.draw();
    expect(restored).toBe(0);
  });
});
