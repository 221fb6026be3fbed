import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { WorkerStartError } from './errors.ts';
import { openProcessPool } from './process-pool.ts';

const looked = vi.hoisted(() => ({ begins: () => {}, ends: new Promise<number | null>(() => {}) }));
vi.mock('./memory-watch.ts', async (original) => ({
  ...(await original<object>()),
  residentMiB: () => {
    looked.begins();
    return looked.ends;
  },
}));

it('a pool that is closed while a worker’s memory is looked at is closed', async () => {
  const beginning = new Promise<void>((resolve) => {
    looked.begins = resolve;
  });
  let end: (found: number | null) => void = () => {};
  looked.ends = new Promise((resolve) => {
    end = resolve;
  });
  const path = fileURLToPath(new URL('../../test/fixtures/wilful-evaluator.ts', import.meta.url));
  const module = { origin: 'file', use: './wilful-evaluator.ts', path, contentHash: '0' } as const;
  const pool = openProcessPool({
    workers: 1,
    evaluator: { module, options: undefined },
    configDirectory: tmpdir(),
    limits: { memoryMiB: 4096 },
  });
  const ready = expect(pool.ready()).rejects.toThrow(WorkerStartError);
  await beginning;
  const closed = pool.close();
  end(null); // a process that was killed holds nothing any more
  await Promise.all([ready, closed]);
});
