import { NascentError } from '../../errors.ts';
import {
  NotAStudyFileError,
  StoreBusyError,
  StoreDamagedError,
  StoreFullError,
  StoreReadOnlyError,
  StoreUnreadableError,
  StoreUnwritableError,
} from '../errors.ts';

/**
 * SQLite's errors in the store's words; anything else comes back unchanged.
 * @param access for what the file was opened
 */
export function translateSqliteError(thrown: unknown, location: string, access: 'read' | 'write'): unknown {
  if (!(thrown instanceof Error) || thrown instanceof NascentError || !('code' in thrown)) return thrown;
  const { code } = thrown;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return thrown;
  const cause = { cause: thrown };
  const is = (prefix: string) => code === prefix || code.startsWith(`${prefix}_`);
  if (is('SQLITE_BUSY') || is('SQLITE_LOCKED')) return new StoreBusyError(location, cause);
  if (is('SQLITE_FULL')) return new StoreFullError(location, cause);
  if (is('SQLITE_NOTADB')) return new NotAStudyFileError(location, 'it is not a SQLite database');
  if (is('SQLITE_CORRUPT')) return new StoreDamagedError(location, 'SQLite finds its pages malformed', cause);
  if (code === 'SQLITE_READONLY_DBMOVED') {
    return new StoreUnwritableError(location, 'the file was moved or deleted while it was in use', cause);
  }
  if (is('SQLITE_READONLY') && access === 'read') return new StoreReadOnlyError(location);
  if (is('SQLITE_READONLY') || is('SQLITE_PERM') || (is('SQLITE_CANTOPEN') && access === 'write')) {
    return new StoreUnwritableError(location, 'its directory or the file itself cannot be written', cause);
  }
  if (is('SQLITE_CANTOPEN') || is('SQLITE_AUTH')) {
    return new StoreUnreadableError(location, 'it cannot be opened', cause);
  }
  if (is('SQLITE_IOERR')) {
    return access === 'write'
      ? new StoreUnwritableError(location, 'the disk reports an error', cause)
      : new StoreUnreadableError(location, 'the disk reports an error', cause);
  }
  return thrown;
}
