import type { ComparisonStore } from './comparison-store.ts';
import { StoreUnsupportedError } from './errors.ts';
import { type OpenOptions, openSqlite, openSqliteComparison } from './sqlite/open.ts';
import type { Store } from './store.ts';

/**
 * Opens a store by its location.
 * @param location path of a study file
 * @throws the errors of `store/errors.ts`
 */
export async function openStore(location: string, options: OpenOptions): Promise<Store> {
  refuseUrl(location);
  return openSqlite(location, options);
}

/**
 * Opens the store of a comparison by its location.
 * @param location path of a file, by custom `comparison.db`
 * @throws the errors of `store/errors.ts`
 */
export async function openComparisonStore(location: string, options: OpenOptions): Promise<ComparisonStore> {
  refuseUrl(location);
  return openSqliteComparison(location, options);
}

function refuseUrl(location: string): void {
  if (/^[a-z][a-z+]+:\/\//i.test(location)) throw new StoreUnsupportedError(location);
}
