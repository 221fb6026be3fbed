import { describe, expect, it } from 'vitest';
import { StoreBusyError, StoreFullError, StoreUnreachableError } from '../../store/errors.ts';
import { persistently } from './persistently.ts';

const server = 'postgres://h/nas';

/** Work that fails once with each of these errors, then succeeds. */
function failing(...errors: readonly Error[]) {
  const left = [...errors];
  return async () => {
    const error = left.shift();
    if (error !== undefined) throw error;
    return 'done';
  };
}

describe('work that is done persistently', () => {
  it('waits for a server that is away, full or locked', async () => {
    const passing = [
      new StoreUnreachableError(server, 'gone'),
      new StoreFullError(server),
      new StoreBusyError(server),
    ];
    const told: Error[] = [];
    const waits: number[] = [];
    const { signal } = new AbortController();
    const onUnavailable = (error: Error, waitMs: number) => {
      told.push(error);
      waits.push(waitMs);
    };
    expect(await persistently(failing(...passing), { signal, onUnavailable })).toBe('done');
    expect(told).toEqual(passing);
    expect(waits).toEqual([100, 200, 400]);
  });

  it('ends at once where this machine’s own disk is full, its own file locked, or anything else is wrong', async () => {
    const { signal } = new AbortController();
    for (const error of [new StoreFullError('a.db'), new StoreBusyError('a.db'), new TypeError('ours')]) {
      await expect(persistently(failing(error), { signal })).rejects.toBe(error);
    }
  });

  it('is given up when the signal is aborted, also while it waits', async () => {
    const leaving = new AbortController();
    const away = new StoreUnreachableError(server, 'gone');
    const onUnavailable = () => leaving.abort();
    const work = persistently(failing(away, away), { signal: leaving.signal, onUnavailable });
    await expect(work).rejects.toBe(away);
  });
});
