import { describe } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { postgresForTests } from '../postgres-server.ts';
import { storeContract } from './store-contract.ts';

const postgres = await postgresForTests();

if (postgres === null) describe.skip('store contract › PostgreSQL: SKIPPED, there is no server', () => {});
else {
  storeContract('PostgreSQL', async () => {
    const database = await postgres.createDatabase();
    return {
      open: () => openStore(postgres.url(database), { access: 'create' }),
      dispose: () => postgres.dropDatabase(database),
    };
  });
}
