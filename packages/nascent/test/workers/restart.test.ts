import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { privatePostgres } from '../postgres-server.ts';
import { architectures, SharedStudy, until } from './shared-study.ts';

// It is killed here, and what it has committed must then be there: as in earnest, commits wait for the disk.
const server = await privatePostgres({ fsync: true });
afterAll(async () => server?.dispose());

describe.skipIf(server === null)('nascent worker', { timeout: 120_000 }, () => {
  it('outlives the database: what is in training goes on, is stored when it is back, and nothing runs twice', async () => {
    if (server === null) return;
    const shared = await SharedStudy.begin(server, architectures(8, 4, 500));
    const workers = [shared.worker(['--slots', '2']), shared.worker(['--slots', '2'])];
    try {
      const training = async () =>
        (await shared.trials()).filter(({ state }) => state === 'running').length === 4;
      await until(training, 'all four slots train', 60_000);
      await server.kill();
      await sleep(2500); // every lock has run out, and children have ended
      await server.restart();
      expect((await Promise.all(workers.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0]);
      expect((await shared.trials()).map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(
        Array(8).fill('completed 1'),
      );
      for (const worker of workers) {
        expect(worker.said('database-away')).toHaveLength(1);
        expect(worker.said('database-back')).toHaveLength(1);
      }
    } finally {
      await shared.dispose();
    }
  });
});
