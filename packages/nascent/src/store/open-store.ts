import type { ComparisonStore } from './comparison-store.ts';
import { ComparisonNeedsFileError, StoreUnsupportedError } from './errors.ts';
import type { OpenOptions } from './open-options.ts';
import { isPostgresUrl, parseStudyUrl } from './postgres/study-url.ts';
import type { SqlConnection } from './sql/connection.ts';
import { SqlStore } from './sql/sql-store.ts';
import { connectSqlite, openSqliteComparison } from './sqlite/open.ts';
import type { Store } from './store.ts';

/**
 * Opens a store by its location.
 * @param location path of a study file, or the URL of a study on a PostgreSQL server
 * @throws the errors of `store/errors.ts`
 */
export async function openStore(location: string, options: OpenOptions): Promise<Store> {
  return new SqlStore(await connectStore(location, options));
}

/** What `openStore` stands on: the connection to the database at this location, its schema up to date. */
export async function connectStore(location: string, options: OpenOptions): Promise<SqlConnection> {
  if (isPostgresUrl(location)) {
    // Only now: who keeps studies in files need not load the driver.
    const { connectPostgres } = await import('./postgres/connect.ts');
    return connectPostgres(location, options);
  }
  if (isUrl(location)) throw new StoreUnsupportedError(location);
  return connectSqlite(location, options);
}

/**
 * Opens the store of a comparison by its location.
 * @param location path of a file, by custom `comparison.db`
 * @throws ComparisonNeedsFileError, and the other errors of `store/errors.ts`
 */
export async function openComparisonStore(location: string, options: OpenOptions): Promise<ComparisonStore> {
  if (isUrl(location)) throw new ComparisonNeedsFileError();
  return openSqliteComparison(location, options);
}

/** Whether a location is a URL, not a file name. */
export function isUrl(location: string): boolean {
  return isPostgresUrl(location) || /^[a-z][a-z0-9+.-]*:\/\//i.test(location);
}

/** The study's name where the location is a URL that has one; undefined: the store's only study is meant. */
export function studyNameOf(location: string): string | undefined {
  return isPostgresUrl(location) ? (parseStudyUrl(location).study ?? undefined) : undefined;
}

/** A location as it may be printed and stored: of a URL without its password. */
export function shownLocation(location: string): string {
  if (isPostgresUrl(location)) return parseStudyUrl(location).safe;
  if (isUrl(location)) throw new StoreUnsupportedError(location);
  return location;
}
