import { NascentError } from '../../errors.ts';
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
  /** The revision that `strategy` is at; null where it holds changes that may not have been stored. */
  let revision: number | null = null;
  const initial = strategy.state();

  const refresh = async () => {
    const stored = await store.strategyState(study.id);
    if (revision !== null && (stored?.revision ?? 0) === revision) return;
    strategy.restore(stored?.bytes ?? initial);
    revision = stored?.revision ?? 0;
  };
  const known = () => {
    if (revision === null)
      throw new NascentError('LEARNER_NOT_FRESH', 'the strategy must be refreshed before it is used');
    return revision;
  };

  return {
    inFlight,
    inBatches: false,
    refresh,
    draw({ drawn, wanted }, args, warmStart) {
      const from = known();
      revision = null;
      const samples = Array.from({ length: wanted }, (_, k) =>
        nextSample(strategy, { warmStart, drawn: drawn + k, args }),
      );
      return { samples, state: { bytes: strategy.state(), from } };
    },
    async learn(push, trials) {
      await refresh();
      const from = known();
      const results = trials.flatMap(({ number, result }) =>
        result === null ? [] : [{ number, ...result }],
      );
      const rewards = results.map(({ reward }) => reward);
      if (results.length > 0) {
        revision = null;
        strategy.tell(results);
      }
      return store.shared.push(
        study.id,
        owner,
        {
          ...push,
          trials: trials.map(({ number }) => number),
          pulled: [],
          state: results.length === 0 ? null : { bytes: strategy.state(), from },
        },
        // Its baseline, if it has one, is part of its state.
        { shard: (_, before) => before, baseline: (before) => (rewards.length === 0 ? before : null) },
      );
    },
    load: refresh,
  };
}
