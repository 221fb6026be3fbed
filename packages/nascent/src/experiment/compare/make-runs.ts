import type { FinishedRun, RunKey } from '../../store/comparison-store.ts';
import type { EndedSearch } from '../../study/search-in-memory.ts';

/** Something that makes one whole run at a time. */
export interface RunMaker {
  /** Null where it was interrupted. */
  make(key: RunKey): Promise<EndedSearch | null>;
}

export interface MakeRunsOptions {
  /** In the order in which they are begun. */
  readonly wanted: readonly RunKey[];
  /** As many runs are made at once. */
  readonly makers: readonly RunMaker[];
  readonly commit: (key: RunKey, ended: EndedSearch) => Promise<void>;
  readonly onStart: (key: RunKey) => void;
  readonly signal: AbortSignal;
  /** Called when one fails: the others shall stop. */
  readonly abort: () => void;
}

/**
 * Makes runs, each whole, and commits each as soon as it has ended.
 * @returns false where it was interrupted
 * @throws the first error of a maker or a commit, after the others have stopped
 */
export async function makeRuns(options: MakeRunsOptions): Promise<boolean> {
  const { wanted, makers, commit, onStart, signal, abort } = options;
  const queue = [...wanted];
  let made = 0;
  const lane = async (maker: RunMaker): Promise<void> => {
    try {
      for (let key = queue.shift(); key !== undefined && !signal.aborted; key = queue.shift()) {
        onStart(key);
        const ended = await maker.make(key);
        if (ended === null) return;
        await commit(key, ended);
        made++;
      }
    } catch (thrown) {
      abort();
      throw thrown;
    }
  };
  const lanes = await Promise.allSettled(makers.map(lane));
  const failed = lanes.find((settled) => settled.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return made === wanted.length;
}

/** Every strategy with every seed that is not done: seed by seed, so that what is there at any time is paired. */
export function wantedRuns(
  strategies: readonly string[],
  seeds: readonly number[],
  done: readonly RunKey[],
): readonly RunKey[] {
  const there = new Set(done.map(({ strategy, seed }) => `${seed} ${strategy}`));
  return seeds.flatMap((seed) =>
    strategies
      .filter((strategy) => !there.has(`${seed} ${strategy}`))
      .map((strategy): RunKey => ({ strategy, seed })),
  );
}

/** How final scores are called, from the splits that the runs carry; null where there are none. */
export function finalNames(
  runs: readonly FinishedRun[],
): { readonly validation: string | null; readonly test: string | null } | null {
  const splits = runs.flatMap(({ finals }) => finals ?? []);
  const name = (kind: 'validation' | 'test'): string | null => {
    const split = splits.find((of) => of[kind] !== null)?.[kind] ?? null;
    if (split === null) return null;
    return split === 'benchmark' ? 'benchmark' : `${split} split`;
  };
  return splits.length === 0 ? null : { validation: name('validation'), test: name('test') };
}
