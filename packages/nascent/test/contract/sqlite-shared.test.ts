import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { sharedStoreContract } from './shared-contract.ts';
import { me, newStudy } from './store-contract.ts';

sharedStoreContract('SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nascent-store-'));
  return {
    open: () => openStore(join(directory, 'study.db'), { access: 'create' }),
    dispose: () => rm(directory, { recursive: true }),
  };
});

it('a heartbeat lets this process go on while it waits for another connection of it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nascent-store-'));
  const file = join(directory, 'study.db');
  const store = await openStore(file, { access: 'create', lockTimeoutMs: 5000 });
  const { id } = await store.createStudy(newStudy);
  const { shared } = store;
  const capability = { slots: 1, threads: 1, device: 'cpu', version: '0.1.0', datasetChecksum: null };
  const activity = { running: [], finished: 0, failed: 0, lastError: null };
  await shared.claimReplicas(id, me, 1, 60_000);
  const holder = new Sqlite(file);
  try {
    for (const beat of [
      () => shared.joinWorker(id, 'ada', me, capability),
      () => shared.beatWorker(id, 'ada', activity),
      () => shared.leaveWorker(id, 'ada'),
      () => shared.beatReplicas(id, me),
      () => shared.releaseReplicas(id, me),
    ]) {
      holder.exec('begin immediate');
      const beating = beat();
      await sleep(20);
      holder.exec('rollback'); // never reached while the thread sleeps in SQLite
      await expect(beating).resolves.not.toThrow();
    }
  } finally {
    holder.close();
    await store.close();
    await rm(directory, { recursive: true });
  }
}, 60_000);
