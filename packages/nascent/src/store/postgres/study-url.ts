import { StoreUrlError } from '../errors.ts';

/** A study's URL, taken apart. */
export interface StudyUrl {
  /** For the driver: with the password, without the study's name. Never printed or stored. */
  readonly connectionString: string;
  /** Null where the URL names no study: then the database's only one is meant. */
  readonly study: string | null;
  readonly database: string;
  /** Null where it comes from PGUSER or the system's user. */
  readonly user: string | null;
  /** What may be printed and stored: user, host, port, database, study and sslmode. */
  readonly safe: string;
}

const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** Whether a location is meant as a PostgreSQL server's, well-formed or not. */
export function isPostgresUrl(location: string): boolean {
  return /^postgres(ql)?:/i.test(location);
}

/**
 * Reads `postgres://user:password@host:port/database/study?sslmode=…`.
 *
 * A password whose special characters were not percent-encoded may lie anywhere in the URL, so no error here shows
 * any part of it, and what such a password would look like elsewhere (`@` in the path, `#`) is refused.
 * @throws StoreUrlError
 */
export function parseStudyUrl(text: string): StudyUrl {
  const url = urlOf(text);
  if (!/^postgres(ql)?:$/.test(url.protocol) || !/^postgres(ql)?:\/\//i.test(text)) {
    throw new StoreUrlError('it does not begin with postgres://');
  }
  if (url.hash !== '' || text.includes('#')) throw new StoreUrlError('there is a # in it');
  if (/@/.test(url.pathname) || /@/.test(url.search)) throw new StoreUrlError('there is an @ after the host');
  const segments = url.pathname.split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  const [database, study = null, ...more] = segments.map((segment) => decoded(segment));
  if (database === undefined) throw new StoreUrlError('it names no database');
  if (database === '' || study === '') throw new StoreUrlError('a name in its path is empty');
  if (more.length > 0) throw new StoreUrlError('its path has more than the two parts database and study');
  if (/[?#]/.test(database)) throw new StoreUrlError('its database has a ? or # in its name');
  decoded(url.password); // only to see that it can be
  const mode = sslModeOf(url.searchParams);
  const user = url.username === '' ? url.searchParams.get('user') : decoded(url.username);
  return {
    connectionString: connectionStringOf(url, database, mode),
    study,
    database,
    user,
    safe: safeText({ user, host: url.host, database, study, mode }),
  };
}

function urlOf(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // Node's error holds the whole URL: it is no `cause` for anybody to print.
    throw new StoreUrlError('it is no URL');
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new StoreUrlError('a % in it is not followed by two hexadecimal digits');
  }
}

function sslModeOf(parameters: URLSearchParams): string | null {
  const mode = parameters.get('sslmode');
  if (mode === null || sslModes.includes(mode)) return mode;
  throw new StoreUrlError(`its sslmode is none of ${sslModes.join(', ')}`);
}

/**
 * The driver's own reading of `sslmode` differs from libpq's (`require` would check the certificate's name) and
 * prints a warning; it has libpq's under `uselibpqcompat`.
 */
function connectionStringOf(url: URL, database: string, mode: string | null): string {
  const own = new URL(url);
  // The driver undoes `encodeURI` here, and not `encodeURIComponent`.
  own.pathname = `/${encodeURI(database)}`;
  if (mode !== null && mode !== 'no-verify' && !own.searchParams.has('uselibpqcompat')) {
    own.searchParams.set('uselibpqcompat', 'true');
  }
  return own.href;
}

function safeText(parts: {
  readonly user: string | null;
  readonly host: string;
  readonly database: string;
  readonly study: string | null;
  readonly mode: string | null;
}): string {
  const { user, host, database, study, mode } = parts;
  const who = user === null ? '' : `${encodeURIComponent(user)}@`;
  const what = [database, ...(study === null ? [] : [study])].map(encodeURIComponent).join('/');
  return `postgres://${who}${host}/${what}${mode === null ? '' : `?sslmode=${mode}`}`;
}
