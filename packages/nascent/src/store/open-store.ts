import { StoreUnsupportedError } from './errors.ts';
import { type OpenOptions, openSqlite } from './sqlite/open.ts';
import type { Store } from './store.ts';

/**
 * Opens a store by its location.
 * @param location path of a study file
 * @throws the errors of `store/errors.ts`
 */
export async function openStore(location: string, options: OpenOptions): Promise<Store> {
  if (/^[a-z][a-z+]+:\/\//i.test(location)) throw new StoreUnsupportedError(location);
  return openSqlite(location, options);
}
