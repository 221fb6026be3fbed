import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { QueueDatabase } from '../../src/workers/queue/queue-database.ts';
import { privatePostgres } from '../postgres-server.ts';

const server = await privatePostgres();
afterAll(async () => server?.dispose());

describe.skipIf(server === null)('the schema of queues', { timeout: 120_000 }, () => {
  it('is made by six processes while a seventh drops it, and no statement fails', async () => {
    if (server === null) return;
    const url = `${server.url('postgres')}/study`;
    const databases = Array.from(
      { length: 6 },
      () => new QueueDatabase(url, { connections: 2, mayPrepare: true }),
    );
    const done = new AbortController();
    let drops = 0;
    const dropping = (async () => {
      while (!done.signal.aborted) {
        await server.query('postgres', 'drop schema if exists nascent_queue cascade').then(
          () => {
            drops += 1;
          },
          (thrown: unknown) => expect(thrown).toMatchObject({ code: '40P01' }),
        );
        await sleep(60 * Math.random());
      }
    })();
    const asking = databases.map(async (database) => {
      for (let time = 0; time < 150; time += 1) {
        await database.query('select 1 from job limit 1');
        await sleep(20 * Math.random());
      }
    });
    try {
      await Promise.all(asking);
      expect(drops).toBeGreaterThan(20);
    } finally {
      done.abort();
      await dropping;
      await Promise.allSettled(asking);
      for (const database of databases) await database.end();
    }
  });
});
