import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  ComparisonStore,
  FinishedRun,
  NewComparison,
  SharedEvaluation,
} from '../../src/store/comparison-store.ts';
import {
  ComparisonExistsError,
  ComparisonNotFoundError,
  ComparisonNotOwnedError,
} from '../../src/store/errors.ts';
import type { SearchRun } from '../../src/trial/search-run.ts';
import { me } from './store-contract.ts';

/** One place for a comparison, opened any number of times. */
export interface ComparisonBackend {
  open(): Promise<ComparisonStore>;
  dispose(): Promise<void>;
}

const other = { ...me, pid: 101 };

export const newComparison: NewComparison = {
  config: { trials: 8, compare: { seeds: 10 } },
  space: { name: 'toy', version: 1, fingerprint: '8f3a2c1d', options: {} },
  evaluatorIdentity: 'a'.repeat(64),
  codeVersion: '0.1.0',
  datasetChecksum: 'b'.repeat(64),
};

/** A run of two trials; `reward` tells runs apart. */
export function searchRun(strategy: string, seed: number, reward = 0.5): SearchRun {
  return {
    strategy,
    seed,
    trials: {
      tokens: ['toy@1/8f3a2c1d/-/width=1/end', 'toy@1/8f3a2c1d/-/width=2/end'],
      architecture: ['c'.repeat(64), 'd'.repeat(64)],
      reward: [reward, 0],
      score: [reward, null],
      seconds: [1.25, 2.5],
      repeat: [false, false],
      finalValidation: [0.91, 0.92],
      finalTest: [0.9, null],
    },
    policy: { updates: 2, entropy: 1.5, kl: 0.01, note: null },
    strategyMs: 3.5,
  };
}

export const finished = (run: SearchRun, changes: Partial<FinishedRun> = {}): FinishedRun => ({
  run,
  strategy: `{"options":{},"use":"${run.strategy}"}`,
  codeVersion: '0.1.0',
  clock: 'simulated',
  finals: { validation: 'validation', test: 'test' },
  ...changes,
});

export const shared = (seconds: number): SharedEvaluation => ({
  result: {
    kind: 'evaluated',
    evaluation: {
      outcome: { kind: 'completed' },
      curve: [
        {
          epoch: 1,
          trainingLoss: 0.5,
          score: { split: 'validation', metric: 'accuracy', value: 0.75 },
          elapsedMs: 12.5,
        },
      ],
      parameters: 12,
      facts: { flops: 100 },
    },
  },
  seconds,
});

const key = { architecture: 'e'.repeat(64), replicate: 3 };

/**
 * What every store of a comparison promises (`store/comparison-store.ts`), as a suite that runs against each.
 * @param makeBackend makes an empty place
 */
export function comparisonContract(name: string, makeBackend: () => Promise<ComparisonBackend>): void {
  describe(`comparison store contract › ${name}`, () => {
    let backend: ComparisonBackend;
    let store: ComparisonStore;
    const opened: ComparisonStore[] = [];
    const open = async (): Promise<ComparisonStore> => {
      const another = await backend.open();
      opened.push(another);
      return another;
    };
    /** A comparison that `me` owns. */
    const begun = async (): Promise<void> => {
      await store.begin(newComparison);
      await store.claim(me, () => 'alive');
    };

    beforeEach(async () => {
      backend = await makeBackend();
      store = await open();
    });
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
      await backend.dispose();
    });

    describe('the comparison', () => {
      it('is begun once, and read back by whoever opens the store', async () => {
        expect(await store.comparison()).toBeNull();
        const created = await store.begin(newComparison);
        expect(created).toMatchObject(newComparison);
        expect(created.owner).toBeNull();
        expect(await (await open()).comparison()).toEqual(created);
        await expect(store.begin(newComparison)).rejects.toThrow(ComparisonExistsError);
      });

      it('must be begun before anything else', async () => {
        await expect(store.claim(me, () => 'dead')).rejects.toThrow(ComparisonNotFoundError);
        await expect(store.log('note')).rejects.toThrow(ComparisonNotFoundError);
        expect(await store.runs()).toEqual([]);
        expect(await store.evaluation(key)).toBeNull();
      });

      it('changes its config, and keeps a log', async () => {
        await begun();
        await store.changeConfig(me, { trials: 8, compare: { seeds: 20 } });
        expect((await store.comparison())?.config).toEqual({ trials: 8, compare: { seeds: 20 } });
        await store.log('config-changed', { from: 10, to: 20 });
        expect(await store.logEntries()).toMatchObject([
          { kind: 'config-changed', detail: { from: 10, to: 20 } },
        ]);
      });
    });

    describe('ownership', () => {
      it('a free comparison is claimed, and given up', async () => {
        await store.begin(newComparison);
        expect(await store.claim(me, () => 'alive')).toEqual({ claimed: true, previous: null });
        expect((await store.comparison())?.owner).toMatchObject(me);
        await store.release(other); // not theirs
        expect((await store.comparison())?.owner).toMatchObject(me);
        await store.release(me);
        expect((await store.comparison())?.owner).toBeNull();
      });

      it('one that is run is refused to a second process, unless its owner is dead or it is taken over', async () => {
        await begun();
        const second = await open();
        expect(await second.claim(other, () => 'alive')).toMatchObject({
          claimed: false,
          owner: me,
          liveness: 'alive',
        });
        expect(await second.claim(other, () => 'elsewhere')).toMatchObject({ claimed: false });
        expect(await second.claim(other, () => 'dead')).toMatchObject({ claimed: true, previous: me });
        expect(await store.claim(me, () => 'alive', true)).toMatchObject({ claimed: true, previous: other });
      });

      it('nobody but the owner changes anything', async () => {
        await begun();
        const run = finished(searchRun('random', 1));
        await expect(store.commitRun(other, run)).rejects.toThrow(ComparisonNotOwnedError);
        await expect(store.keepEvaluation(other, key, shared(1))).rejects.toThrow(ComparisonNotOwnedError);
        await expect(store.changeConfig(other, {})).rejects.toThrow(ComparisonNotOwnedError);
        expect(await store.runs()).toEqual([]);
        expect(await store.evaluationCount()).toBe(0);
        expect((await store.comparison())?.config).toEqual(newComparison.config);
        expect(await store.logEntries()).toEqual([]);
      });
    });

    describe('runs', () => {
      it('what was committed is read back, bit for bit, by strategy and seed', async () => {
        await begun();
        const runs = [
          finished(searchRun('strong', 1, 0.1 + 0.2)),
          finished(searchRun('random', 2), { clock: 'measured', finals: null }),
          finished(searchRun('random', 1)),
        ];
        for (const run of runs) expect(await store.commitRun(me, run)).toBe(true);
        const again = await open();
        expect(await again.runs()).toEqual([runs[2], runs[1], runs[0]]);
        expect(await again.runKeys()).toEqual([
          { strategy: 'random', seed: 1, identity: runs[2]?.strategy },
          { strategy: 'random', seed: 2, identity: runs[1]?.strategy },
          { strategy: 'strong', seed: 1, identity: runs[0]?.strategy },
        ]);
      });

      it('a run is committed once: a second one changes nothing, and says so', async () => {
        await begun();
        const first = finished(searchRun('random', 1, 0.25));
        expect(await store.commitRun(me, first)).toBe(true);
        expect(await store.commitRun(me, finished(searchRun('random', 1, 0.75)))).toBe(false);
        expect(await store.runs()).toEqual([first]);
        expect(await store.logEntries()).toHaveLength(1);
      });

      it('opening fully trained scores is logged with the run that carries them', async () => {
        await begun();
        await store.commitRun(me, finished(searchRun('random', 1)));
        await store.commitRun(me, finished(searchRun('random', 2), { finals: null }));
        expect(await store.logEntries()).toMatchObject([
          {
            kind: 'finals-opened',
            detail: { strategy: 'random', seed: 1, validation: 'validation', test: 'test' },
          },
        ]);
      });
    });

    describe('evaluations', () => {
      it('are kept under architecture and replicate seed', async () => {
        await begun();
        expect(await store.evaluation(key)).toBeNull();
        expect(await store.keepEvaluation(me, key, shared(1.5))).toEqual(shared(1.5));
        const failure: SharedEvaluation = {
          result: { kind: 'failed', outcome: 'crashed', detail: 'SIGSEGV' },
          seconds: 2,
        };
        await store.keepEvaluation(me, { ...key, replicate: 4 }, failure);
        const again = await open();
        expect(await again.evaluation(key)).toEqual(shared(1.5));
        expect(await again.evaluation({ ...key, replicate: 4 })).toEqual(failure);
        expect(await again.evaluation({ ...key, architecture: 'f'.repeat(64) })).toBeNull();
        expect(await again.evaluationCount()).toBe(2);
      });

      it('the first of two for the same key is kept', async () => {
        await begun();
        await store.keepEvaluation(me, key, shared(1));
        expect(await store.keepEvaluation(me, key, shared(2))).toEqual(shared(1));
        expect(await store.evaluation(key)).toEqual(shared(1));
      });

      it('a loss that is no number comes back as NaN', async () => {
        await begun();
        const evaluation = shared(1);
        if (evaluation.result.kind !== 'evaluated') throw new Error('it was evaluated');
        const [epoch] = evaluation.result.evaluation.curve;
        if (epoch === undefined) throw new Error('it has an epoch');
        const diverged: SharedEvaluation = {
          seconds: 1,
          result: {
            kind: 'evaluated',
            evaluation: {
              ...evaluation.result.evaluation,
              outcome: { kind: 'diverged', epoch: 1, detail: 'the loss is NaN' },
              curve: [{ ...epoch, trainingLoss: Number.NaN }],
            },
          },
        };
        expect(await store.keepEvaluation(me, key, diverged)).toEqual(diverged);
      });
    });

    it('is not usable once it is closed', async () => {
      await begun();
      await store.close();
      await store.close();
      await expect(store.comparison()).rejects.toThrow(/was closed/);
    });
  });
}
