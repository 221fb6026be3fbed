import { describe } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { postgresForTests } from '../postgres-server.ts';
import { sharedStoreContract } from './shared-contract.ts';

const postgres = await postgresForTests();

if (postgres === null) describe.skip('shared studies › PostgreSQL: SKIPPED, there is no server', () => {});
else {
  sharedStoreContract('PostgreSQL', async () => {
    const database = await postgres.createDatabase();
    return {
      open: () => openStore(postgres.url(database), { access: 'create' }),
      dispose: () => postgres.dropDatabase(database),
    };
  });
}
