import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreUnreachableError } from '../../store/errors.ts';
import { LockKeeper } from './lock-keeper.ts';

const heartbeatMs = 10;
const lockMs = 2 * heartbeatMs;
/** Time for many rounds, also on a busy machine. */
const manyRoundsMs = 300;

afterEach(() => {
  vi.restoreAllMocks();
});

/** A keeper that always finds an expired lock, and a monotonic clock that stands still until it is moved. */
function keeperOf({ renew = async () => [] as string[] } = {}) {
  let nowMs = 1_000_000;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  let passes = 0;
  const rows: { expired: boolean }[] = [{ expired: true }];
  const keeper = new LockKeeper({
    worker: {
      extendJobLocks: renew,
      getBackend: () => ({
        async moveStalledJobsToWait() {
          passes += 1;
        },
      }),
    },
    database: { query: async <R>() => ({ rows: rows as R[] }) },
    queue: 'study-1',
    heartbeatMs,
    lockMs,
    stalledInterval: 1,
    onProblem: undefined,
  });
  return {
    keeper,
    passes: () => passes,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

describe('who keeps locks', () => {
  it('takes the jobs of dead ones back', async () => {
    const { keeper, passes } = keeperOf();
    keeper.start();
    await vi.waitFor(() => expect(passes()).toBeGreaterThanOrEqual(2));
    await keeper.stop();
  });

  it('after the database was away, first leaves everybody time to show that he lives', async () => {
    const { keeper, passes, pass } = keeperOf();
    keeper.wasCutOff();
    pass(60_000); // it waits, as all others do: they may wake later than it
    keeper.start();
    await sleep(manyRoundsMs);
    expect(passes()).toBe(0);
    pass(lockMs + 2900);
    await sleep(manyRoundsMs);
    expect(passes()).toBe(0);
    pass(200);
    await vi.waitFor(() => expect(passes()).toBeGreaterThanOrEqual(2));
    await keeper.stop();
  });

  it('knows that the database is away where a renewal does not reach it', async () => {
    let away = true;
    let tries = 0;
    const renew = async () => {
      tries += 1;
      if (away) throw new StoreUnreachableError('postgres://db/nas', 'connection refused');
      return [];
    };
    const { keeper, passes, pass } = keeperOf({ renew });
    keeper.hold('1-1', 'token');
    keeper.start();
    await vi.waitFor(() => expect(tries).toBeGreaterThanOrEqual(2));
    away = false;
    await sleep(manyRoundsMs);
    expect(passes()).toBe(0);
    pass(lockMs + 3000);
    await vi.waitFor(() => expect(passes()).toBeGreaterThanOrEqual(2));
    await keeper.stop();
  });
});
