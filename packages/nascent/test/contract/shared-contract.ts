import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PushRefusedError, ReplicaLostError, StrategyStateConflictError } from '../../src/store/errors.ts';
import type { Push, PushEffect, ShardContent } from '../../src/store/shared-store.ts';
import type { Store } from '../../src/store/store.ts';
import type { ProcessIdentity } from '../../src/trial/owner.ts';
import { type Backend, epoch, me, newStudy, newTrial, result } from './store-contract.ts';

const other: ProcessIdentity = { ...me, pid: 101 };
const longMs = 60_000;

/** A shard that counts: one number, which the tests' pushes raise by one. */
const counter = (value: number): ShardContent => ({
  parameters: new Uint8Array(Float32Array.of(value).buffer),
  optimiser: Uint8Array.of(),
});
const counted = (parameters: Uint8Array): number =>
  new Float32Array(Uint8Array.from(parameters).buffer)[0] ?? Number.NaN;
const raise: PushEffect = {
  shard: (_, before) => ({ ...counter(counted(before.parameters) + 1), version: before.version + 1 }),
  baseline: (before) => (before ?? 0) + 1,
};

/** What every store owes to a study that many processes share. */
export function sharedStoreContract(name: string, make: () => Promise<Backend>): void {
  describe(`shared studies › ${name}`, () => {
    let backend: Backend;
    let store: Store;
    let study: number;

    beforeEach(async () => {
      backend = await make();
      store = await backend.open();
      ({ id: study } = await store.createStudy(newStudy));
    });
    afterEach(async () => {
      await store.close();
      await backend.dispose();
    });

    const share = (shards = 2) =>
      store.shared.share(
        study,
        { accumulate: 1, baseline: null },
        Array.from({ length: shards }, () => counter(0)),
      );
    const claim = async (owner = me, count = 1, deadAfterMs = longMs) =>
      (await store.shared.claimReplicas(study, owner, count, deadAfterMs)).map(({ replica }) => replica);
    const draw = (owner: ProcessIdentity, replica: number, atMost: number, at: Store = store) =>
      at.shared.draw(study, owner, replica, { atMost, countSpent: false }, ({ drawn, wanted }) => ({
        trials: Array.from({ length: wanted }, (_, k) => newTrial(drawn + k + 1)),
        state: null,
      }));
    const worker = { name: 'ada-100', process: me };
    const finish = async (number: number, changes: Parameters<typeof result>[1] = {}) => {
      await store.shared.startAttempt(study, number, 1, worker);
      return store.shared.finishAttempt(study, result(number, changes), 2.5);
    };
    const push = (replica: number, sequence: number, trials: readonly number[], shards = 2): Push => ({
      replica,
      sequence,
      trials,
      pulled: Array.from({ length: shards }, () => 0),
      state: null,
    });

    it('is shared once, however many begin it', async () => {
      expect(await store.shared.sharing(study)).toBeNull();
      expect(await share()).toEqual({ shards: 2, accumulate: 1, baseline: null });
      expect(await share(5)).toEqual({ shards: 2, accumulate: 1, baseline: null });
      expect((await store.shared.pull(study)).shards.map(({ version }) => version)).toEqual([0, 0]);
    });

    it('gives replicas to those who claim them: free ones first, then new ones', async () => {
      await share();
      expect(await claim(me, 2)).toEqual([1, 2]);
      expect(await claim(other, 1)).toEqual([3]);
      await store.shared.releaseReplicas(study, me);
      expect(await claim(other, 4)).toEqual([1, 2, 3, 4]); // its own, the released ones, a new one
      expect(await store.shared.beatReplicas(study, me)).toEqual([]);
      expect(await store.shared.beatReplicas(study, other)).toEqual([1, 2, 3, 4]);
    });

    it('a replica whose owner is silent for too long goes to whoever claims it', async () => {
      await share();
      await claim(me, 1);
      expect(await claim(other, 1)).toEqual([2]);
      await new Promise((resolve) => setTimeout(resolve, 60));
      await store.shared.beatReplicas(study, other);
      expect(await claim({ ...me, pid: 102 }, 1, 50)).toEqual([1]);
      await expect(draw(me, 1, 1)).rejects.toThrow(ReplicaLostError);
    });

    it('numbers trials without gaps, whoever draws, and draws only what is wanting', async () => {
      await share();
      await claim(me, 8);
      const replicas = [1, 2, 3, 4, 5, 6, 7, 8];
      const others = await Promise.all([1, 2].map(() => backend.open()));
      try {
        const drawn = await Promise.all(
          replicas.map((replica) => draw(me, replica, 3, [store, ...others][replica % 3] ?? store)),
        );
        const numbers = drawn.flat().map((trial) => trial.number);
        expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, k) => k + 1));
        expect(await draw(me, 1, 3)).toEqual([]); // asked again, as after a lost answer
        expect(await draw(me, 1, 4)).toHaveLength(1);
      } finally {
        for (const one of others) await one.close();
      }
    });

    it('a push consumes its trials with all shards, the baseline and the sequence; a repeated one changes nothing', async () => {
      await share();
      await claim();
      await draw(me, 1, 2);
      await finish(1);
      await finish(2);
      expect((await store.shared.unconsumed(study, [1])).map(({ state }) => state)).toEqual([
        'completed',
        'completed',
      ]);
      expect(await store.shared.push(study, me, push(1, 1, [1, 2]), raise)).toEqual({
        kind: 'applied',
        staleness: [0, 0],
      });
      const after = await store.shared.pull(study);
      expect(after.shards.map(({ parameters }) => counted(parameters))).toEqual([1, 1]);
      expect(after.baseline).toBe(1);
      for (const trials of [[1, 2], [1]]) {
        expect(await store.shared.push(study, me, push(1, 1, trials), raise)).toEqual({ kind: 'repeated' });
      }
      expect(await store.shared.pull(study)).toEqual(after);
      expect(await store.shared.unconsumed(study, [1])).toEqual([]);
      expect(await store.shared.progress(study, true)).toEqual({ drawn: 2, unconsumed: 0, spentSeconds: 5 });
    });

    it('records how stale every gradient was', async () => {
      await share();
      await claim(me, 2);
      await draw(me, 1, 1);
      await draw(me, 2, 1);
      await finish(1);
      await finish(2);
      await store.shared.push(study, me, push(1, 1, [1]), raise);
      await store.shared.push(study, me, push(2, 1, [2]), raise); // pulled before the other was applied
      expect(
        (await store.shared.gradients(study)).map(({ replica, staleness, trials }) => [
          replica,
          staleness,
          trials,
        ]),
      ).toEqual([
        [1, [0, 0], 1],
        [2, [1, 1], 1],
      ]);
    });

    it('refuses a push that leaves a gap, or of trials that are unfinished, foreign or consumed, and changes nothing', async () => {
      await share();
      await claim(me, 2);
      await draw(me, 1, 2);
      await draw(me, 2, 1);
      await finish(1);
      await finish(3);
      const before = await store.shared.pull(study);
      for (const bad of [
        push(1, 2, [1]),
        push(1, 1, [1, 2]), // 2 is still queued
        push(1, 1, [1, 3]), // 3 is of replica 2
        push(1, 1, []),
        push(1, 1, [1], 3), // of another number of shards
      ]) {
        await expect(store.shared.push(study, me, bad, raise)).rejects.toThrow(PushRefusedError);
      }
      expect(await store.shared.pull(study)).toEqual(before);
      await store.shared.push(study, me, push(1, 1, [1]), raise);
      await expect(store.shared.push(study, me, push(1, 2, [1]), raise)).rejects.toThrow(PushRefusedError);
      await expect(store.shared.push(study, other, push(2, 1, [3]), raise)).rejects.toThrow(ReplicaLostError);
    });

    it('loses no update of 100 clients that push to 20 shards at once, and a pull never sees half a push', async () => {
      const clients = 100;
      const shards = 20;
      await share(shards);
      await claim(me, clients);
      for (let replica = 1; replica <= clients; replica++) await draw(me, replica, 2);
      for (let number = 1; number <= 2 * clients; number++) await finish(number);
      const doors = await Promise.all([1, 2, 3, 4].map(() => backend.open()));
      try {
        let pushing = true;
        const seen: number[] = [];
        const watching = (async () => {
          while (pushing) {
            const { shards: now } = await store.shared.pull(study);
            const values = new Set(now.map(({ parameters }) => counted(parameters)));
            expect(values.size).toBe(1);
            seen.push(...values);
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        })();
        await Promise.all(
          Array.from({ length: clients }, async (_, k) => {
            const replica = k + 1;
            const door = doors[k % doors.length] ?? store;
            for (const sequence of [1, 2]) {
              const one = push(replica, sequence, [2 * k + sequence], shards);
              await door.shared.push(study, me, one, raise);
              // Some answers are lost, and the push is made again.
              if (k % 7 === 0) await door.shared.push(study, me, one, raise);
            }
          }),
        );
        pushing = false;
        await watching;
        const { shards: end, baseline } = await store.shared.pull(study);
        expect(end.map(({ version }) => version)).toEqual(Array(shards).fill(2 * clients));
        expect(end.map(({ parameters }) => counted(parameters))).toEqual(Array(shards).fill(2 * clients));
        expect(baseline).toBe(2 * clients);
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
        expect(await store.shared.gradients(study)).toHaveLength(2 * clients);
      } finally {
        for (const door of doors) await door.close();
      }
    }, 120_000);

    it('a strategy whose state is one row draws and learns from the newest revision only', async () => {
      await store.shared.share(study, { accumulate: 1, baseline: null }, []);
      await claim();
      const drawFrom = (revision: number) =>
        store.shared.draw(study, me, 1, { atMost: 1, countSpent: false }, ({ drawn }) => ({
          trials: [newTrial(drawn + 1)],
          state: { bytes: Uint8Array.of(7), from: revision },
        }));
      await expect(drawFrom(3)).rejects.toThrow(StrategyStateConflictError);
      await drawFrom(0);
      await finish(1);
      const late = { ...push(1, 1, [1], 0), state: { bytes: Uint8Array.of(8), from: 0 } };
      await expect(store.shared.push(study, me, late, raise)).rejects.toThrow(StrategyStateConflictError);
      expect(await store.shared.unconsumed(study, [1])).toHaveLength(1);
      await store.shared.push(study, me, { ...late, state: { ...late.state, from: 1 } }, raise);
      expect(await store.strategyState(study)).toEqual({ bytes: Uint8Array.of(8), revision: 2 });
    });

    it('of a draw and a push from the same revision one is stored, and the state is that one’s', async () => {
      await store.shared.share(study, { accumulate: 1, baseline: null }, []);
      await claim(me, 2);
      const rounds = 40;
      await draw(me, 2, rounds);
      for (let number = 1; number <= rounds; number++) await finish(number);
      const door = await backend.open();
      try {
        let sequence = 1;
        let revision = 0;
        for (let round = 1; round <= rounds; round++) {
          const changes = await Promise.allSettled([
            store.shared.draw(study, me, 1, { atMost: round, countSpent: false }, ({ drawn }) => ({
              trials: [newTrial(drawn + 1)],
              state: { bytes: Uint8Array.of(0), from: revision },
            })),
            door.shared.push(
              study,
              me,
              {
                ...push(2, sequence, [sequence], 0),
                state: { bytes: Uint8Array.of(1), from: revision },
              },
              raise,
            ),
          ]);
          const refused = changes.filter((change) => change.status === 'rejected');
          expect(refused.map(({ reason }) => reason)).toEqual([expect.any(StrategyStateConflictError)]);
          revision += 1;
          const winner = changes.findIndex(({ status }) => status === 'fulfilled');
          expect(await store.strategyState(study)).toEqual({ bytes: Uint8Array.of(winner), revision });
          sequence += winner;
        }
      } finally {
        await door.close();
      }
    });

    it('an attempt is begun once, by one worker; asked again that one gets the same answer', async () => {
      await share();
      await claim();
      await draw(me, 1, 1);
      const theirs = { name: 'bob-7', process: other };
      const starts = await Promise.all(
        [worker, theirs].map((who) => store.shared.startAttempt(study, 1, 1, who)),
      );
      expect(starts.filter(({ accepted }) => accepted)).toHaveLength(1);
      const [mine] = starts;
      const [winner, loser] = mine?.accepted ? [worker, theirs] : [theirs, worker];
      expect(await store.shared.startAttempt(study, 1, 1, winner)).toMatchObject({ accepted: true });
      expect(await store.shared.startAttempt(study, 1, 1, loser)).toEqual({
        accepted: false,
        refusal: { kind: 'stale-attempt', current: 1 },
      });
    });

    it('an attempt that was taken back can report nothing any more, and its result is refused', async () => {
      await share();
      await claim();
      await draw(me, 1, 1);
      await store.shared.startAttempt(study, 1, 1, worker);
      expect(await store.appendEpoch(study, 1, 1, epoch(1))).toBe(true);
      expect(await store.appendEpoch(study, 1, 1, epoch(1))).toBe(true); // told again after a lost answer
      expect(await store.curve(study, 1)).toHaveLength(1);
      await store.shared.requeueAttempt(study, 1, { kind: 'hand-back', attempt: 1 });
      await store.shared.startAttempt(study, 1, 2, { name: 'bob-7', process: other });
      expect(await store.appendEpoch(study, 1, 1, epoch(2))).toBe(false);
      expect(await store.shared.finishAttempt(study, result(1), 1)).toMatchObject({ accepted: false });
      expect(await store.shared.finishAttempt(study, result(1, { attempt: 2 }), 1)).toMatchObject({
        accepted: true,
      });
      expect(await store.shared.finishAttempt(study, result(1, { attempt: 2 }), 1)).toMatchObject({
        accepted: false,
      });
    });

    it('gives the trials of a dead replica to one that lives, which then consumes them', async () => {
      await share();
      await claim(me, 1);
      await claim(other, 1);
      await draw(me, 1, 2);
      await finish(1);
      expect(await store.shared.adoptOrphans(study, other, 2, longMs)).toEqual([]);
      await store.shared.releaseReplicas(study, me);
      expect(await store.shared.adoptOrphans(study, other, 2, longMs)).toEqual([1, 2]);
      await store.shared.push(study, other, push(2, 1, [1]), raise);
      expect(await store.shared.unconsumed(study, [1, 2])).toMatchObject([{ number: 2, replica: 2 }]);
    });

    it('knows which trials should be in the queue, and how long their workers were silent', async () => {
      await share();
      await claim();
      await draw(me, 1, 4);
      const capability = { slots: 1, threads: 1, device: 'cpu', version: '0.1.0', datasetChecksum: null };
      await store.shared.joinWorker(study, worker.name, me, capability);
      await store.shared.startAttempt(study, 1, 1, worker);
      await store.shared.startAttempt(study, 2, 1, { name: 'unheard-of', process: other });
      await finish(3);
      const found = await store.shared.dispatchable(study);
      expect(found).toMatchObject([
        { number: 1, attempt: 1, state: 'running' },
        { number: 2, attempt: 1, state: 'running', silentMs: null },
        { number: 4, attempt: 1, state: 'queued', silentMs: null },
      ]);
      expect(found[0]?.silentMs).toBeLessThan(5000);
      await store.shared.leaveWorker(study, worker.name);
      expect((await store.shared.dispatchable(study))[0]?.silentMs).toBeNull();
    });

    it('lists workers with what they can and what they do', async () => {
      await share();
      const capability = { slots: 4, threads: 2, device: 'cuda:0', version: '0.1.0', datasetChecksum: 'abc' };
      await store.shared.joinWorker(study, worker.name, me, capability);
      const activity = { running: [3, 5], finished: 7, failed: 1, lastError: 'the database was away' };
      await store.shared.beatWorker(study, worker.name, activity);
      expect(await store.shared.workers(study)).toMatchObject([
        { worker: worker.name, owner: me, capability, activity, state: 'working' },
      ]);
      expect((await store.shared.workers(study))[0]?.silentMs).toBeLessThan(5000);
    });

    it('the data set that the first worker has is the study’s', async () => {
      await share();
      const agreed = await Promise.all(['a', 'b', 'c'].map((sum) => store.shared.agreeOnDataset(study, sum)));
      expect(new Set(agreed).size).toBe(1);
      expect((await store.study()).datasetChecksum).toBe(agreed[0]);
    });
  });
}
