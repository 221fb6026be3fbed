import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open-store.ts';
import { sharedStoreContract } from './shared-contract.ts';

sharedStoreContract('SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nascent-store-'));
  return {
    open: () => openStore(join(directory, 'study.db'), { access: 'create' }),
    dispose: () => rm(directory, { recursive: true }),
  };
});
