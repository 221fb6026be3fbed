import { NascentError } from '../../errors.ts';
import {
  DatabaseNotFoundError,
  StoreAccessDeniedError,
  StoreBusyError,
  StoreDamagedError,
  StoreFullError,
  StoreReadOnlyError,
  StoreTlsError,
  StoreUnreachableError,
  StoreUnreadableError,
  StoreUnwritableError,
} from '../errors.ts';
import type { StudyUrl } from './study-url.ts';

/** Whose server it is: what errors may tell of it. */
export type Server = Pick<StudyUrl, 'safe' | 'database' | 'user'>;

/**
 * The driver's and the server's errors in the store's words; anything else comes back unchanged.
 * @param access for what the store was opened
 */
export function translatePostgresError(
  thrown: unknown,
  { safe, database, user }: Server,
  access: 'read' | 'write',
): unknown {
  if (!(thrown instanceof Error) || thrown instanceof NascentError) return thrown;
  const code = codeOf(thrown);
  const cause = { cause: plain(thrown, code) };
  const who = user === null ? 'this user' : `user ${user}`;
  const unreachable = unreachableReason(thrown, code);
  if (unreachable !== null) return new StoreUnreachableError(safe, unreachable, cause);
  if ('syscall' in thrown && thrown.syscall === 'open') {
    return new StoreTlsError(safe, `a file that the URL names cannot be read (${thrown.message})`, cause);
  }
  if (isTlsFault(thrown, code)) return new StoreTlsError(safe, thrown.message, cause);
  if (thrown.message.startsWith('SASL:')) {
    const missing = /password must be a/.test(thrown.message);
    return new StoreAccessDeniedError(
      safe,
      missing
        ? `it wants a password for ${who}, and none was given`
        : `its way to check passwords is unknown`,
      cause,
    );
  }
  // A connection that begins while the disk is full ends with these words, under the code for everything.
  if (code === 'XX000' && /could not write init file/.test(thrown.message))
    return new StoreFullError(safe, cause);
  switch (code) {
    case '28P01':
      return new StoreAccessDeniedError(safe, `wrong password for ${who}`, cause);
    case '28000':
      return new StoreAccessDeniedError(safe, thrown.message, cause);
    case '3D000':
      return new DatabaseNotFoundError(safe, database, cause);
    case '42501':
      return access === 'read'
        ? new StoreUnreadableError(safe, `${who} has no right to read it (${thrown.message})`, cause)
        : new StoreUnwritableError(safe, `${who} has no right to (${thrown.message})`, cause);
    case '25006':
      return access === 'read'
        ? new StoreReadOnlyError(safe)
        : new StoreUnwritableError(safe, 'the server only reads at the moment, as a standby does', cause);
    case '53100':
      return new StoreFullError(safe, cause);
    case '55P03':
    case '40001':
    case '40P01':
      return new StoreBusyError(safe, cause);
    case 'XX001':
    case 'XX002':
      return new StoreDamagedError(safe, 'the server finds its pages malformed', cause);
    default:
      return thrown;
  }
}

/** A transaction that the server gave up for another's sake, and that it would take if it came again. */
export function isConflict(thrown: unknown): boolean {
  const code = thrown instanceof Error ? codeOf(thrown) : undefined;
  return code === '40001' || code === '40P01';
}

const unreachableStates: Readonly<Record<string, string>> = {
  '57P01': 'the server is being shut down',
  '57P02': 'the server has crashed and is coming back',
  '57P03': 'the server is not ready to take connections',
  '57P05': 'the server closed a connection that nobody used',
  '25P03': 'the server ended a transaction that stood still, as where this process was suspended',
  '53300': 'the server has too many connections: raise its max_connections, or run fewer processes',
  '57014': 'a statement took longer than it may',
};

const unreachableCodes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers at this address (connection refused)',
  ECONNRESET: 'the connection was reset',
  ECONNABORTED: 'the connection was given up',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'there is no way to this host',
  EHOSTDOWN: 'the host is down',
  ENETUNREACH: 'there is no way to its network',
  ENETDOWN: 'the network is down',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the host’s name cannot be looked up at the moment',
};

function unreachableReason(thrown: Error, code: string | undefined): string | null {
  if (code !== undefined) {
    const known = unreachableStates[code] ?? unreachableCodes[code];
    if (known !== undefined) return known;
    if (/^08\w{3}$/.test(code)) return `the connection failed (${thrown.message})`;
    // A server on this machine, by its socket: no file, no server.
    if (code === 'ENOENT' && 'syscall' in thrown && thrown.syscall === 'connect')
      return 'its socket does not exist';
  }
  return /^(Connection terminated|timeout exc?eeded|timeout expired|Client (has|was) .*not queryable)/i.test(
    thrown.message,
  )
    ? 'the connection was lost'
    : null;
}

function isTlsFault(thrown: Error, code: string | undefined): boolean {
  // In the server's words are names of databases and users; of a certificate it speaks under this code alone.
  if ('severity' in thrown && code !== '28000') return false;
  return (
    /SSL connection|TLS|certificate/i.test(thrown.message) ||
    (code !== undefined &&
      /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|DEPTH_ZERO|UNABLE_TO_|SELF_SIGNED)/.test(code))
  );
}

function codeOf(thrown: Error): string | undefined {
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** The driver hangs its client, and with that the connection's options, on some of its errors: none of that goes on. */
function plain(thrown: Error, code: string | undefined): Error {
  const words = new Error(thrown.message);
  words.name = thrown.name;
  if (thrown.stack !== undefined) words.stack = thrown.stack;
  return code === undefined ? words : Object.assign(words, { code });
}
