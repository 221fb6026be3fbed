import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { isAlive } from '../../test/fixtures/is-alive.ts';

const owner = fileURLToPath(new URL('../../test/fixtures/pool-owner.ts', import.meta.url));

/** Starts a process that owns a pool, in a process group of its own as a terminal would. */
function startOwner(behaviours: readonly unknown[]) {
  const child = execa(process.execPath, ['--import', 'tsx', owner, JSON.stringify(behaviours)], {
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    stderr: 'inherit',
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the owner ended early');
    return JSON.parse(value);
  };
  return { child, next, pid: child.pid as number };
}

describe('workers and their parent', { timeout: 60_000 }, () => {
  it('a parent that is killed leaves no worker behind, busy or idle', async () => {
    const { child, next, pid } = startOwner([{ do: 'spin' }, { do: 'complete' }]);
    const pids = (await next())['pids'] as number[];
    expect(await next()).toEqual({ begun: true });
    expect(pids.map(isAlive)).toEqual([true, true]);
    process.kill(pid, 'SIGKILL');
    await child;
    await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });

  it('an interrupt from the terminal reaches the whole group; the workers leave it to their parent', async () => {
    const { child, next, pid } = startOwner([{ do: 'complete', epochMs: 1000 }]);
    const [worker] = (await next())['pids'] as [number];
    expect(await next()).toEqual({ begun: true });
    process.kill(-pid, 'SIGINT');
    expect(await next()).toEqual({ interrupted: true });
    expect(isAlive(worker)).toBe(true);
    expect(await next()).toEqual({ result: 'evaluated' });
    await child;
    expect(isAlive(worker)).toBe(false);
  });
});
