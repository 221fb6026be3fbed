import type { Sample } from '../../search-space/sample.ts';
import type { Store, StudyRecord } from '../../store/store.ts';
import type { Strategy } from '../../strategy/strategy.ts';
import type { ProcessIdentity } from '../../trial/owner.ts';
import { nextSample } from '../warm-start.ts';
import type { Learner } from './learner.ts';

/**
 * A replica of a strategy whose whole state is one row of the store (evolution, TPE, the preset `strong` …): it draws and
 * learns in turn with the others, each time from the newest state. What was made from an older one is refused by its
 * revision, and made again.
 */
export function wholeLearner(
  strategy: Strategy,
  {
    store,
    study,
    owner,
  }: { readonly store: Store; readonly study: StudyRecord; readonly owner: ProcessIdentity },
  inFlight: number,
): Learner {
  /** What `strategy` is: as stored at this revision, or changed since, which may have been stored as the next one. */
  let held: { readonly revision: number; readonly bytes: Uint8Array } | null = null;
  const initial = strategy.state();

  const refresh = async () => {
    const stored = (await store.strategyState(study.id)) ?? { revision: 0, bytes: initial };
    // Restoring costs more than comparing, and mostly the newest state is the one that was made here.
    if (held?.revision !== stored.revision || Buffer.compare(held.bytes, stored.bytes) !== 0) {
      strategy.restore(stored.bytes);
    }
    held = stored;
  };
  /** The change that brought the strategy to what it is now. */
  const changed = (change: () => void) => {
    if (held === null) throw new Error('a strategy is used from its newest stored state');
    const from = held.revision;
    held = null; // where the change throws, nobody knows what it is
    change();
    const bytes = strategy.state();
    held = { revision: from + 1, bytes };
    return { bytes, from };
  };

  return {
    inFlight,
    inBatches: false,
    refresh,
    draw({ drawn, wanted }, args, warmStart) {
      const samples: Sample[] = [];
      const state = changed(() => {
        for (let k = 0; k < wanted; k++) {
          samples.push(nextSample(strategy, { warmStart, drawn: drawn + k, args }));
        }
      });
      return { samples, state };
    },
    async learn(push, trials) {
      await refresh();
      const results = trials.flatMap(({ number, result }) =>
        result === null ? [] : [{ number, ...result }],
      );
      return store.shared.push(
        study.id,
        owner,
        {
          ...push,
          trials: trials.map(({ number }) => number),
          pulled: [],
          state: results.length === 0 ? null : changed(() => strategy.tell(results)),
        },
        // Its baseline, if it has one, is part of its state.
        { shard: (_, before) => before, baseline: (before) => before },
      );
    },
    load: refresh,
  };
}
