import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EpochReport } from '../../src/evaluation/evaluation.ts';
import {
  StrategyStateConflictError,
  StudyExistsError,
  StudyNotFoundError,
  StudyNotOwnedError,
  TrialNotFoundError,
} from '../../src/store/errors.ts';
import type { StateChange, Store, TrialResult } from '../../src/store/store.ts';
import type { ProcessIdentity } from '../../src/trial/owner.ts';
import type { NewTrial } from '../../src/trial/record.ts';
import { newStudy } from './new-study.ts';

/** One place for studies, opened any number of times. */
export interface Backend {
  open(): Promise<Store>;
  dispose(): Promise<void>;
}

export { newStudy };

export const me: ProcessIdentity = { host: 'ada', bootId: 'boot-1', pid: 100, startTime: '5000' };
const other: ProcessIdentity = { ...me, pid: 101 };

export const newTrial = (number: number, architectureKey = `key-${number}`): NewTrial => ({
  number,
  tokens: `convolutional@1/8f3a2c1d/layers=1/filterHeight=${number}`,
  architecture: { kind: 'convolutional', version: 1, layers: [{ filterHeight: number }] },
  architectureKey,
  seed: 2 ** 47 + number,
});

export const epoch = (number: number, value = number / 10): EpochReport => ({
  epoch: number,
  trainingLoss: 2.3 / number,
  score: { split: 'validation', metric: 'accuracy', value },
  elapsedMs: 1234.5,
});

const curve = [epoch(1), epoch(2)];

export const result = (number: number, changes: Partial<TrialResult> = {}): TrialResult => ({
  number,
  attempt: 1,
  attemptLimit: 2,
  outcome: { kind: 'completed' },
  curve,
  reward: 0.2 ** 3,
  score: { split: 'validation', metric: 'accuracy', value: 0.2 },
  parameters: 12_345,
  facts: { flops: 1e6 },
  reusedFrom: null,
  worker: { threads: 1, pid: 77, overheadMs: 3.25 },
  ...changes,
});

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const from = (revision: number, ...values: number[]): StateChange => ({
  bytes: bytes(...values),
  from: revision,
});

/**
 * What every store promises (`store/store.ts`), as a suite that runs against each of them.
 * @param makeBackend makes an empty place for studies
 */
export function storeContract(name: string, makeBackend: () => Promise<Backend>): void {
  describe(`store contract › ${name}`, () => {
    let backend: Backend;
    let store: Store;
    const opened: Store[] = [];
    const open = async (): Promise<Store> => {
      const another = await backend.open();
      opened.push(another);
      return another;
    };
    /** A study that `me` owns, with `trials` queued trials and the strategy's state at revision 1. */
    const begun = async (trials: number): Promise<number> => {
      const { id } = await store.createStudy(newStudy);
      await store.claim(id, me, () => 'alive');
      const numbers = Array.from({ length: trials }, (_, i) => i + 1);
      await store.ask(
        id,
        me,
        numbers.map((number) => newTrial(number)),
        from(0, 1),
      );
      return id;
    };

    beforeEach(async () => {
      backend = await makeBackend();
      store = await open();
    });
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
      await backend.dispose();
    });

    describe('studies', () => {
      it('what was stored is read back, by whoever opens the store', async () => {
        const created = await store.createStudy(newStudy);
        expect(created).toMatchObject(newStudy);
        expect(created.owner).toBeNull();
        const again = await open();
        expect(await again.study()).toEqual(created);
        expect(await again.study('first')).toEqual(created);
      });

      it('two studies of one store do not see each other’s trials', async () => {
        const first = await begun(2);
        const second = await store.createStudy({ ...newStudy, name: 'second' });
        expect(await store.trials(second.id)).toEqual([]);
        expect(await store.trialCount(first)).toBe(2);
        expect((await store.studies()).map((study) => study.name)).toEqual(['first', 'second']);
      });

      it('a name is used once, and without a name there must be exactly one', async () => {
        await expect(store.study()).rejects.toThrow(StudyNotFoundError);
        await store.createStudy(newStudy);
        await expect(store.createStudy(newStudy)).rejects.toThrow(StudyExistsError);
        await store.createStudy({ ...newStudy, name: 'second' });
        await expect(store.study()).rejects.toThrow(/first, second/);
        await expect(store.study('third')).rejects.toThrow(/"third"/);
      });
    });

    describe('ownership', () => {
      it('a free study is claimed, and given up', async () => {
        const { id } = await store.createStudy(newStudy);
        expect(await store.claim(id, me, () => 'alive')).toEqual({ claimed: true, previous: null });
        expect((await store.study()).owner).toMatchObject(me);
        await store.release(id, other); // not the owner: nothing happens
        expect((await store.study()).owner).toMatchObject(me);
        await store.release(id, me);
        expect((await store.study()).owner).toBeNull();
      });

      it('the study of a living owner is not taken, that of a dead one is', async () => {
        const { id } = await store.createStudy(newStudy);
        await store.claim(id, me, () => 'alive');
        expect(await store.claim(id, other, () => 'alive')).toMatchObject({ claimed: false, owner: me });
        expect(await store.claim(id, other, () => 'elsewhere')).toMatchObject({ liveness: 'elsewhere' });
        expect(await store.claim(id, other, () => 'dead')).toMatchObject({ claimed: true, previous: me });
        expect(await store.claim(id, me, () => 'alive', true)).toMatchObject({
          claimed: true,
          previous: other,
        });
      });

      it('of many that find the same dead owner exactly one gets the study', async () => {
        const { id } = await store.createStudy(newStudy);
        await store.claim(id, { ...me, pid: 1 }, () => 'alive');
        const judge = (owner: ProcessIdentity) => (owner.pid === 1 ? 'dead' : 'alive');
        const claims = await Promise.all(
          [11, 12, 13, 14].map(async (pid) => (await open()).claim(id, { ...me, pid }, judge)),
        );
        expect(claims.filter((claim) => claim.claimed)).toHaveLength(1);
      });

      it('who does not own the study changes nothing', async () => {
        const id = await begun(1);
        await store.claim(id, other, () => 'dead');
        await expect(store.ask(id, me, [newTrial(2)], from(1, 2))).rejects.toThrow(StudyNotOwnedError);
        await expect(store.startTrial(id, me, 1)).rejects.toThrow(StudyNotOwnedError);
        await expect(store.requeueRunning(id, me)).rejects.toThrow(StudyNotOwnedError);
        await expect(store.changeConfig(id, me, {})).rejects.toThrow(StudyNotOwnedError);
        await store.startTrial(id, other, 1);
        await expect(store.tell(id, me, result(1), from(1, 2))).rejects.toThrow(StudyNotOwnedError);
        await expect(store.requeue(id, me, 1, { kind: 'hand-back', attempt: 1 })).rejects.toThrow(
          StudyNotOwnedError,
        );
        expect(await store.trial(id, 1)).toMatchObject({ state: 'running', attempt: 1, owner: other });
        expect(await store.strategyState(id)).toEqual({ bytes: bytes(1), revision: 1 });
      });
    });

    describe('asking', () => {
      it('new trials and the state after drawing them are stored together', async () => {
        const id = await begun(2);
        const [first, second] = await store.trials(id);
        expect(first).toMatchObject({ ...newTrial(1), state: 'queued', attempt: 0, reward: null, epochs: 0 });
        expect(second?.seed).toBe(2 ** 47 + 2);
        expect(await store.strategyState(id)).toEqual({ bytes: bytes(1), revision: 1 });
        expect(await store.ask(id, me, [newTrial(3)], from(1, 9, 8))).toMatchObject({ revision: 2 });
        expect(await store.trialCount(id)).toBe(3);
      });

      it('if one part fails nothing is stored: a gap in the numbers, a state that is not the latest', async () => {
        const id = await begun(1);
        await expect(store.ask(id, me, [newTrial(2), newTrial(4)], from(1, 2))).rejects.toThrow(/2|3/);
        await expect(store.ask(id, me, [newTrial(2)], from(0, 2))).rejects.toThrow(
          StrategyStateConflictError,
        );
        expect(await store.trialCount(id)).toBe(1);
        expect(await store.strategyState(id)).toEqual({ bytes: bytes(1), revision: 1 });
      });
    });

    describe('trials', () => {
      it('a trial is started by one of several that try', async () => {
        const id = await begun(1);
        const second = await open();
        const steps = await Promise.all([store.startTrial(id, me, 1), second.startTrial(id, me, 1)]);
        expect(steps.filter((step) => step.accepted)).toHaveLength(1);
        expect(await store.trial(id, 1)).toMatchObject({ state: 'running', attempt: 1, owner: me });
      });

      it('a result and the state after learning from it are stored together', async () => {
        const id = await begun(1);
        await store.startTrial(id, me, 1);
        const told = await store.tell(id, me, result(1), from(1, 5));
        expect(told).toMatchObject({ accepted: true, next: { revision: 2 } });
        const { worker, ...rest } = result(1);
        expect(await store.trial(id, 1)).toMatchObject({
          state: 'completed',
          outcome: rest.outcome,
          reward: 0.2 ** 3,
          score: rest.score,
          parameters: 12_345,
          facts: { flops: 1e6 },
          epochs: 2,
          worker,
        });
        expect(await store.curve(id, 1)).toEqual(curve);
        expect(await store.strategyState(id)).toEqual({ bytes: bytes(5), revision: 2 });
      });

      it('a result with a state that is not the latest is not stored at all', async () => {
        const id = await begun(1);
        await store.startTrial(id, me, 1);
        await expect(store.tell(id, me, result(1), from(0, 5))).rejects.toThrow(StrategyStateConflictError);
        expect(await store.trial(id, 1)).toMatchObject({ state: 'running', reward: null });
        expect(await store.curve(id, 1)).toEqual([]);
      });

      it('the result of an attempt that is no longer current is refused and changes nothing', async () => {
        const id = await begun(1);
        await store.startTrial(id, me, 1);
        expect(await store.requeueRunning(id, me)).toEqual([1]);
        const early = await store.tell(id, me, result(1), from(1, 5));
        expect(early).toEqual({ accepted: false, refusal: { kind: 'not-running' } });
        await store.startTrial(id, me, 1);
        const late = await store.tell(id, me, result(1), from(1, 5));
        expect(late).toEqual({ accepted: false, refusal: { kind: 'stale-attempt', current: 2 } });
        expect(await store.appendEpoch(id, 1, 1, epoch(1))).toBe(false);
        expect(await store.trial(id, 1)).toMatchObject({ state: 'running', attempt: 2, epochs: 0 });
        expect(await store.strategyState(id)).toEqual({ bytes: bytes(1), revision: 1 });
      });

      it('a terminal trial never changes', async () => {
        const id = await begun(1);
        await store.startTrial(id, me, 1);
        await store.tell(id, me, result(1), from(1, 5));
        const before = await store.trial(id, 1);
        const terminal = { accepted: false, refusal: { kind: 'terminal', state: 'completed' } };
        expect(await store.tell(id, me, result(1, { reward: 1 }), from(2, 6))).toEqual(terminal);
        expect(await store.startTrial(id, me, 1)).toEqual(terminal);
        expect(await store.cancel(id, 1)).toEqual(terminal);
        expect(await store.requeue(id, me, 1, { kind: 'hand-back', attempt: 1 })).toEqual(terminal);
        expect(await store.appendEpoch(id, 1, 1, epoch(3))).toBe(false);
        expect(await store.requeueRunning(id, me)).toEqual([]);
        expect(await store.trial(id, 1)).toEqual(before);
      });

      it('epochs appear as they are appended, and go with an attempt that is handed back', async () => {
        const id = await begun(1);
        const reader = await open();
        await store.startTrial(id, me, 1);
        expect(await store.appendEpoch(id, 1, 1, epoch(1))).toBe(true);
        expect(await reader.curve(id, 1)).toEqual([epoch(1)]);
        expect((await reader.trial(id, 1)).epochs).toBe(1);
        await store.requeue(id, me, 1, { kind: 'hand-back', attempt: 1 });
        expect(await reader.curve(id, 1)).toEqual([]);
        const handedBack = { state: 'queued', attempt: 1, childFailures: 0, epochs: 0, owner: null };
        expect(await reader.trial(id, 1)).toMatchObject(handedBack);
      });

      it('numbers come back bit for bit, and a loss that is not finite stays so', async () => {
        const id = await begun(1);
        await store.startTrial(id, me, 1);
        const awkward: EpochReport = { ...epoch(1, 0.1 + 0.2), trainingLoss: 5e-324, elapsedMs: 1 / 3 };
        const diverging: EpochReport = { ...epoch(2, 1), trainingLoss: Number.NaN };
        const outcome = { kind: 'diverged', epoch: 2, detail: 'loss is NaN' } as const;
        const reward = 1 / 3;
        await store.tell(id, me, result(1, { curve: [awkward, diverging], outcome, reward }), from(1, 2));
        expect(await store.curve(id, 1)).toEqual([awkward, diverging]);
        expect(await store.trial(id, 1)).toMatchObject({ state: 'diverged', outcome, reward: 1 / 3 });
      });

      it('a child that dies is queued again until its attempt limit, then it has failed', async () => {
        const id = await begun(1);
        const outcome = { kind: 'crashed', detail: 'SIGSEGV' } as const;
        const dead = result(1, { outcome, curve: [], score: null, reward: 0 });
        await store.startTrial(id, me, 1);
        await expect(store.tell(id, me, dead, from(1, 5))).rejects.toThrow(/requeue/);
        const failed = { kind: 'child-failed', attempt: 1, attemptLimit: 2 } as const;
        expect(await store.requeue(id, me, 1, failed)).toMatchObject({
          next: { state: 'queued', childFailures: 1 },
        });
        await store.startTrial(id, me, 1);
        await expect(store.requeue(id, me, 1, { ...failed, attempt: 2 })).rejects.toThrow(/tell it/);
        await store.tell(id, me, { ...dead, attempt: 2 }, from(1, 5));
        expect(await store.trial(id, 1)).toMatchObject({
          state: 'failed',
          outcome,
          childFailures: 2,
          reward: 0,
        });
      });

      it('a cancelled trial has no reward and is not started', async () => {
        const id = await begun(1);
        expect(await store.cancel(id, 1)).toMatchObject({ next: { state: 'cancelled', reward: null } });
        expect(await store.startTrial(id, me, 1)).toMatchObject({ accepted: false });
      });

      it('the best are those with the highest reward, the earlier first where equal', async () => {
        const id = await begun(4);
        for (const [number, reward] of [
          [1, 0.25],
          [2, 0.5],
          [3, 0.5],
        ] as const) {
          await store.startTrial(id, me, number);
          await store.tell(id, me, result(number, { reward }), from(number, 0));
        }
        expect((await store.trials(id, { top: 2 })).map((trial) => trial.number)).toEqual([2, 3]);
        expect((await store.trials(id, { states: ['queued'] })).map((trial) => trial.number)).toEqual([4]);
      });

      it('very many are read a page at a time, whole or as lines of a table', async () => {
        const id = await begun(5);
        await store.startTrial(id, me, 2);
        await store.tell(id, me, result(2), from(1, 0));
        const page = (after: number, atMost: number) => ({ after, atMost });
        const numbers = (trials: readonly { readonly number: number }[]) =>
          trials.map(({ number }) => number);
        expect(numbers(await store.trials(id, { page: page(0, 2) }))).toEqual([1, 2]);
        expect(numbers(await store.trials(id, { page: page(2, 2) }))).toEqual([3, 4]);
        expect(numbers(await store.trials(id, { page: page(4, 2), states: ['completed'] }))).toEqual([]);
        expect(numbers(await store.trialLines(id, page(3, 9)))).toEqual([4, 5]);
        const [line] = await store.trialLines(id, page(1, 1));
        expect(await store.trial(id, 2)).toMatchObject(line ?? {});
        expect(line).toEqual({
          number: 2,
          state: 'completed',
          tokens: newTrial(2).tokens,
          score: result(2).score,
          reward: result(2).reward,
          parameters: 12_345,
          epochs: 2,
          seconds: expect.any(Number),
          reusedFrom: null,
        });
      });

      it('a number that does not exist is an error that tells the range', async () => {
        const id = await begun(3);
        await expect(store.trial(id, 4)).rejects.toThrow(TrialNotFoundError);
        await expect(store.curve(id, 0)).rejects.toThrow(/1 to 3/);
        await expect(store.startTrial(id, me, 9)).rejects.toThrow(TrialNotFoundError);
      });
    });

    describe('duplicates', () => {
      it('a reused trial shows the curve of the one that was trained', async () => {
        const { id } = await store.createStudy(newStudy);
        await store.claim(id, me, () => 'alive');
        await store.ask(
          id,
          me,
          [1, 2, 3].map((number) => newTrial(number, 'same')),
          from(0, 1),
        );
        expect(await store.completedTwin(id, 'same')).toBeNull();
        await store.startTrial(id, me, 1);
        await store.tell(id, me, result(1), from(1, 2));
        expect((await store.completedTwin(id, 'same'))?.number).toBe(1);
        await store.startTrial(id, me, 2);
        await store.tell(id, me, result(2, { reusedFrom: 1, curve: [], worker: null }), from(2, 3));
        expect(await store.curve(id, 2)).toEqual(curve);
        expect(await store.trial(id, 2)).toMatchObject({ state: 'completed', reusedFrom: 1, epochs: 2 });
        expect((await store.completedTwin(id, 'same'))?.number).toBe(1);
        expect(await store.completedTwin(id, 'another')).toBeNull();
      });
    });

    describe('several connections at once', () => {
      const rounds = [1, 2, 3, 4, 5, 6];

      it('of several that begin a study of the same name one does', async () => {
        const others = [await open(), await open(), await open()];
        for (const round of rounds) {
          const begun = await Promise.allSettled(
            [store, ...others].map((each) => each.createStudy({ ...newStudy, name: `round ${round}` })),
          );
          expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
          for (const each of begun) {
            if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(StudyExistsError);
          }
        }
      });

      it('of two that tell the same trial one is accepted, and the state is that one’s', async () => {
        const id = await begun(rounds.length);
        const second = await open();
        for (const number of rounds) {
          await store.startTrial(id, me, number);
          const steps = await Promise.all([
            store.tell(id, me, result(number, { reward: 0.25 }), from(number, 1)),
            second.tell(id, me, result(number, { reward: 0.75 }), from(number, 2)),
          ]);
          const first = steps[0].accepted;
          expect(steps.map(({ accepted }) => accepted)).toEqual([first, !first]);
          expect((await store.trial(id, number)).reward).toBe(first ? 0.25 : 0.75);
          expect(await store.strategyState(id)).toEqual({
            bytes: bytes(first ? 1 : 2),
            revision: number + 1,
          });
        }
      });

      it('of two that ask from the same state one is accepted, and numbers have no gaps', async () => {
        const id = await begun(0);
        const second = await open();
        for (const number of rounds) {
          const asked = await Promise.allSettled(
            [store, second].map((each) => each.ask(id, me, [newTrial(number)], from(number, number))),
          );
          expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
          for (const each of asked) {
            if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(StrategyStateConflictError);
          }
        }
        expect((await store.trials(id)).map(({ number }) => number)).toEqual(rounds);
      });

      it('a trial that is cancelled and told, or handed back, at once comes to one end', async () => {
        const id = await begun(2 * rounds.length);
        const second = await open();
        let revision = 1;
        for (const round of rounds) {
          const [told, handedBack] = [2 * round - 1, 2 * round];
          await store.startTrial(id, me, told);
          await store.startTrial(id, me, handedBack);
          const [step, cancelled, numbers] = await Promise.all([
            store.tell(id, me, result(told), from(revision, 0)),
            second.cancel(id, told),
            second.cancel(id, handedBack).then(() => store.requeueRunning(id, me)),
          ]);
          expect([step.accepted, cancelled.accepted].sort()).toEqual([false, true]);
          expect(numbers).not.toContain(handedBack);
          if (step.accepted) revision += 1;
          expect((await store.trial(id, told)).state).toBe(step.accepted ? 'completed' : 'cancelled');
          expect(await store.trial(id, handedBack)).toMatchObject({ state: 'cancelled', attempt: 1 });
        }
      });

      it('an epoch that is appended again, as after a lost answer, is there once', async () => {
        const id = await begun(1);
        const second = await open();
        await store.startTrial(id, me, 1);
        const appended = await Promise.all([
          store.appendEpoch(id, 1, 1, epoch(1)),
          second.appendEpoch(id, 1, 1, epoch(1)),
        ]);
        expect(appended).toEqual([true, true]);
        expect(await store.curve(id, 1)).toEqual([epoch(1)]);
        expect((await store.trial(id, 1)).epochs).toBe(1);
      });

      it('many queries at once wait for their turn', async () => {
        const id = await begun(1);
        await store.startTrial(id, me, 1);
        const epochs = Array.from({ length: 100 }, (_, i) => epoch(i + 1, 0.5));
        await Promise.all(epochs.map((each) => store.appendEpoch(id, 1, 1, each)));
        expect(await store.curve(id, 1)).toEqual(epochs);
        expect((await store.trial(id, 1)).epochs).toBe(100);
      });
    });

    it('any double comes back bit for bit (of zeros, SQLite knows one)', async () => {
      const id = await begun(1);
      await store.startTrial(id, me, 1);
      const doubles = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
        minLength: 40,
        maxLength: 40,
      });
      const losses = (fc.sample(doubles, { numRuns: 1, seed: 7 })[0] ?? []).map((loss) => loss + 0); // no −0
      const awkward = [5e-324, 2 ** -1022, Number.MAX_VALUE, 1e23, 0.1 + 0.2, 123456789.12345679, ...losses];
      const epochs = awkward.map((loss, i) => ({ ...epoch(i + 1, 0.5), trainingLoss: loss }));
      for (const each of epochs) await store.appendEpoch(id, 1, 1, each);
      expect((await store.curve(id, 1)).map((each) => each.trainingLoss)).toEqual(awkward);
    });

    describe('children that were stopped early', () => {
      const outcome = { kind: 'stopped', epoch: 2, rule: 'asha', detail: 'last of 4 at rung 2' } as const;

      it('keep outcome, curve, reward and the score so far', async () => {
        const id = await begun(1);
        await store.startTrial(id, me, 1);
        await store.tell(id, me, result(1, { outcome }), from(1, 5));
        const { reward, score } = result(1);
        expect(await store.trial(id, 1)).toMatchObject({
          state: 'stopped',
          outcome,
          reward,
          score,
          epochs: 2,
        });
        expect(await store.curve(id, 1)).toEqual(curve);
        expect((await store.trials(id, { states: ['stopped'] })).map((trial) => trial.number)).toEqual([1]);
        const terminal = { accepted: false, refusal: { kind: 'terminal', state: 'stopped' } };
        expect(await store.startTrial(id, me, 1)).toEqual(terminal);
      });

      it('are no twin whose result a duplicate could take over', async () => {
        const { id } = await store.createStudy(newStudy);
        await store.claim(id, me, () => 'alive');
        const twins = [1, 2].map((number) => newTrial(number, 'same'));
        await store.ask(id, me, twins, from(0, 1));
        await store.startTrial(id, me, 1);
        await store.tell(id, me, result(1, { outcome }), from(1, 2));
        expect(await store.completedTwin(id, 'same')).toBeNull();
        await store.startTrial(id, me, 2);
        await store.tell(id, me, result(2), from(2, 3));
        expect((await store.completedTwin(id, 'same'))?.number).toBe(2);
      });
    });

    it('records are snapshots: no later change reaches them', async () => {
      const id = await begun(1);
      const before = await store.trial(id, 1);
      const state = await store.strategyState(id);
      const copy = structuredClone({ before, state });
      await store.startTrial(id, me, 1);
      await store.tell(id, me, result(1), from(1, 5));
      expect({ before, state }).toEqual(copy);
      // and changing a record does not change the store
      state?.bytes.fill(9);
      expect(await store.strategyState(id)).toEqual({ bytes: bytes(5), revision: 2 });
    });

    it('the log keeps its order and its details', async () => {
      const id = await begun(0);
      await store.log(id, 'created', { by: 'test' });
      await store.log(id, 'interrupted');
      const entries = await store.logEntries(id);
      expect(entries.map(({ kind, detail }) => [kind, detail])).toEqual([
        ['created', { by: 'test' }],
        ['interrupted', {}],
      ]);
    });

    it('a changed config is read back', async () => {
      const id = await begun(0);
      await store.changeConfig(id, me, { trials: 16 });
      expect((await store.study()).config).toEqual({ trials: 16 });
    });

    it('a closed store says so', async () => {
      await store.close();
      await store.close();
      await expect(store.studies()).rejects.toThrow(/closed/);
    });
  });
}
