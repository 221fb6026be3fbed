import { NascentError } from '../errors.ts';

function isUrl(location: string): boolean {
  return location.includes('://');
}

/** There is no store at this location, and the command only reads. */
export class StoreNotFoundError extends NascentError {
  constructor(location: string) {
    const absent = isUrl(location)
      ? `there is no study in ${location} yet. Check the database's name`
      : `there is no study file ${location}. Check the path`;
    super('STORE_NOT_FOUND', `${absent}, or begin a study with: nascent search CONFIG --study ${location}`);
  }
}

/** The file exists, but is no study file: not SQLite at all, empty, or another application's database. */
export class NotAStudyFileError extends NascentError {
  constructor(location: string, found: string) {
    super(
      'STORE_NOT_A_STUDY',
      `${location} is not a Nascent study file: ${found}. Name another file with --study; nothing was changed.`,
    );
  }
}

/** The database has a schema of the name that Nascent uses, but it is another application's. */
export class NotAStudyDatabaseError extends NascentError {
  constructor(location: string, found: string) {
    super(
      'STORE_NOT_A_STUDY',
      `${location} is no place for Nascent's studies: ${found}. Name another database with --study; ` +
        'nothing was changed.',
    );
  }
}

/** The store's schema is from a newer version of Nascent, which may mean things that this one does not know. */
export class StoreNewerError extends NascentError {
  constructor(location: string, found: number, known: number) {
    super(
      'STORE_NEWER',
      `${location} was made by a newer Nascent (schema ${found}; this one knows up to ${known}): ` +
        'update nascent, nothing was changed.',
    );
  }
}

/** The store's schema is older, and the command only reads, so it may not bring it up to date. */
export class StoreOlderError extends NascentError {
  constructor(location: string, found: number, known: number) {
    super(
      'STORE_OLDER',
      `${location} was made by an older Nascent (schema ${found}; this one reads ${known}). ` +
        'Resume what it holds once (nascent search CONFIG --study STUDY, or nascent compare CONFIG --out DIR): ' +
        'that brings it up to date.',
    );
  }
}

/** The store cannot be written: missing or read-only directory, read-only file, read-only file system. */
export class StoreUnwritableError extends NascentError {
  constructor(location: string, reason: string, options?: { cause?: unknown }) {
    super(
      'STORE_UNWRITABLE',
      `cannot write ${location}: ${reason}. ` +
        (isUrl(location)
          ? 'Ask its owner for the right to write, or name another database with --study.'
          : 'Choose a place that you may write to (--study FILE; of a comparison --out DIR), or correct its ' +
            'permissions.'),
      options,
    );
  }
}

/** The file cannot be opened or read: permissions, a directory, an I/O error. */
export class StoreUnreadableError extends NascentError {
  constructor(location: string, reason: string, options?: { cause?: unknown }) {
    super('STORE_UNREADABLE', `cannot read ${location}: ${reason}.`, options);
  }
}

/** The disk is full: this machine's, or a server's. What was committed before is safe. */
export class StoreFullError extends NascentError {
  /** Whether it is a server's disk: there somebody may make room while this process waits. */
  readonly onServer: boolean;

  constructor(location: string, options?: { cause?: unknown }) {
    super(
      'STORE_DISK_FULL',
      `the disk that holds ${location} is full. Every finished trial is saved: ` +
        (isUrl(location)
          ? 'make room there. Workers and controllers wait for it; run any other command again.'
          : 'make room, then resume with the same command.'),
      options,
    );
    this.onServer = isUrl(location);
  }
}

/** Another process held the store's lock longer than this one waits. */
export class StoreBusyError extends NascentError {
  /** Whether it is a server's: there whoever holds it may be done while this process waits on. */
  readonly onServer: boolean;

  constructor(location: string, options?: { cause?: unknown }) {
    super(
      'STORE_LOCKED',
      `${location} is locked by another process. Wait until it is done or end it, then run the command again.`,
      options,
    );
    this.onServer = isUrl(location);
  }
}

/** What the store holds is damaged, or was changed by something that is not Nascent. */
export class StoreDamagedError extends NascentError {
  constructor(location: string, what: string, options?: { cause?: unknown }) {
    super(
      'STORE_DAMAGED',
      `${location} is damaged: ${what}. Restore a copy of it` +
        (isUrl(location) ? '.' : '; "sqlite3 FILE .recover" may save the rest.'),
      options,
    );
  }
}

/** A command that only reads tried to write: a mistake of ours or of a library's user. */
export class StoreReadOnlyError extends NascentError {
  constructor(location: string) {
    super('STORE_READ_ONLY', `${location} was opened for reading only. Open it with { access: 'write' }.`);
  }
}

/** There is no such kind of store. */
export class StoreUnsupportedError extends NascentError {
  /** @param location of which only the scheme is shown: it may hold a password */
  constructor(location: string) {
    const scheme = /^[^:]*/.exec(location)?.[0] ?? '';
    super(
      'STORE_UNSUPPORTED',
      `Nascent keeps studies in SQLite files and on PostgreSQL servers, and ${scheme}: is neither. ` +
        'Give a path (--study study.db) or a URL (--study postgres://USER@HOST/DATABASE/STUDY).',
    );
  }
}

/** Comparisons are kept in files only. */
export class ComparisonNeedsFileError extends NascentError {
  constructor() {
    super(
      'COMPARISON_NEEDS_FILE',
      'a comparison is kept in a file of its own, and a URL was given for it. Name a directory with --out DIR. ' +
        'Studies on a PostgreSQL server can be compared: nascent compare URL URL.',
    );
  }
}

/** A study's URL cannot be read. Nothing of it is shown: its password may stand anywhere in it. */
export class StoreUrlError extends NascentError {
  constructor(found: string) {
    super(
      'STORE_URL_INVALID',
      `the study's URL cannot be read: ${found}. Expected postgres://USER:PASSWORD@HOST:PORT/DATABASE/STUDY, in ` +
        'which special characters of names and password are percent-encoded (@ is %40, / %2F, # %23, : %3A, % %25); ' +
        'or leave the password out and set PGPASSWORD.',
    );
  }
}

/**
 * The server cannot be reached, went away, or does not answer. The same open store works again when it is back, so
 * a caller may try again; whether a change that was under way was stored is not known.
 */
export class StoreUnreachableError extends NascentError {
  constructor(location: string, reason: string, options?: { cause?: unknown }) {
    super(
      'STORE_UNREACHABLE',
      `cannot reach ${location}: ${reason}. Everything completed is saved there. Check that the server runs and ` +
        'that this machine may connect to it, then run the command again.',
      options,
    );
  }
}

/** What passes while one waits: nothing need be done on this machine, and the open store works again afterwards. */
export type StoreUnavailableError = StoreUnreachableError | StoreFullError | StoreBusyError;

/** Whether waiting helps. Of a study file nothing does: there a command ends and says so. */
export function isUnavailable(thrown: unknown): thrown is StoreUnavailableError {
  if (thrown instanceof StoreUnreachableError) return true;
  return (thrown instanceof StoreFullError || thrown instanceof StoreBusyError) && thrown.onServer;
}

/** The server does not let this user in. */
export class StoreAccessDeniedError extends NascentError {
  constructor(location: string, reason: string, options?: { cause?: unknown }) {
    super(
      'STORE_ACCESS_DENIED',
      `${location} refuses to let us in: ${reason}. Correct the user or password in the URL, set PGPASSWORD, or ` +
        'add a line to ~/.pgpass; who may connect is decided by the server’s pg_hba.conf.',
      options,
    );
  }
}

/** The server is there, the database is not. */
export class DatabaseNotFoundError extends NascentError {
  constructor(location: string, database: string, options?: { cause?: unknown }) {
    super(
      'STORE_DATABASE_NOT_FOUND',
      `${location}: the server has no database called ${JSON.stringify(database)}. Check the name, or make it: ` +
        `createdb ${database} (with the server's host and user).`,
      options,
    );
  }
}

/** Server and client cannot agree on an encrypted connection. */
export class StoreTlsError extends NascentError {
  constructor(location: string, reason: string, options?: { cause?: unknown }) {
    super(
      'STORE_TLS',
      `no TLS connection to ${location}: ${reason}. Set sslmode (disable, require, verify-ca, verify-full) and the ` +
        'files sslrootcert, sslcert and sslkey in the URL as the server wants them.',
      options,
    );
  }
}

/** The store holds no study, not the one asked for, or more than one where none was named. */
export class StudyNotFoundError extends NascentError {
  constructor(location: string, wanted: string | undefined, present: readonly string[]) {
    const has = present.length === 0 ? 'it holds none yet' : `it holds ${present.join(', ')}`;
    super(
      'STUDY_NOT_FOUND',
      wanted === undefined
        ? `${location}: which study? ${has}`
        : `${location} holds no study called ${JSON.stringify(wanted)}; ${has}.`,
    );
  }
}

export class StudyExistsError extends NascentError {
  constructor(location: string, name: string) {
    super(
      'STUDY_EXISTS',
      `${location} already holds a study called ${JSON.stringify(name)}. Resume that one, or choose another name.`,
    );
  }
}

/** Somebody is at work on the study that was to be copied. Nothing was copied. */
export class StudyCopiedWhileRunningError extends NascentError {
  constructor(location: string, who: string) {
    super(
      'STUDY_COPIED_WHILE_RUNNING',
      `${location} is being run by ${who}, so a copy would lack what comes next, and both would go on. End it first ` +
        '(Ctrl-C saves everything), or copy what is there at this moment with --force.',
    );
  }
}

/** This process no longer runs the study (or never did): another one has taken it over. */
export class StudyNotOwnedError extends NascentError {
  constructor(location: string, name: string) {
    super(
      'STUDY_NOT_OWNED',
      `this process does not run the study ${JSON.stringify(name)} of ${location}: another one has taken it over. ` +
        'What this process still had in training is dropped; the other one trains it again.',
    );
  }
}

/** The strategy's state in the store is not the one that the new state was made from. Nothing was written. */
export class StrategyStateConflictError extends NascentError {
  constructor(location: string, expected: number, found: number) {
    super(
      'STRATEGY_STATE_CONFLICT',
      `${location}: the strategy's state was expected at revision ${expected} but is at ${found}: ` +
        'somebody else has moved the same study. Resume it from its stored state.',
    );
  }
}

export class TrialNotFoundError extends NascentError {
  constructor(location: string, number: number, trials: number) {
    super(
      'TRIAL_NOT_FOUND',
      trials === 0
        ? `${location} has no trial ${number}: it has no trials yet.`
        : `${location} has no trial ${number}. Trials are numbered 1 to ${trials}.`,
    );
  }
}

/** The store holds studies, not a comparison. */
export class NotAComparisonError extends NascentError {
  constructor(location: string) {
    super(
      'STORE_NOT_A_COMPARISON',
      `${location} holds a study, not a comparison. Compare into another directory with --out DIR.`,
    );
  }
}

export class ComparisonExistsError extends NascentError {
  constructor(location: string) {
    super('COMPARISON_EXISTS', `${location} already holds a comparison. Resume that one.`);
  }
}

/** Nothing was begun in this store. */
export class ComparisonNotFoundError extends NascentError {
  constructor(location: string) {
    super('COMPARISON_NOT_FOUND', `${location} holds no comparison yet.`);
  }
}

/** This process no longer runs the comparison (or never did): another one has taken it over. */
export class ComparisonNotOwnedError extends NascentError {
  constructor(location: string) {
    super(
      'COMPARISON_NOT_OWNED',
      `this process does not run the comparison of ${location}: another one has taken it over. ` +
        'The run that this process was about to commit is dropped; the other one makes it again.',
    );
  }
}

/** Another process runs this replica now, because this one was silent for too long. */
export class ReplicaLostError extends NascentError {
  constructor(location: string, replica: number) {
    super(
      'REPLICA_LOST',
      `${location}: this process does not run replica ${replica} any more. It was silent for so long that another one ` +
        'has taken its place; nothing is lost.',
    );
  }
}

/** A push whose trials cannot be consumed by it. Nothing was changed. */
export class PushRefusedError extends NascentError {
  constructor(location: string, replica: number, sequence: number, problem: string) {
    super('PUSH_REFUSED', `${location}: push ${sequence} of replica ${replica} changed nothing: ${problem}`);
  }
}

/** One process at a time runs this study, or none does: it has no replicas, shards or workers. */
export class StudyNotSharedError extends NascentError {
  constructor(location: string) {
    super(
      'STUDY_NOT_SHARED',
      `the study of ${location} is not a shared one. Share it with: nascent controller --study ${location}`,
    );
  }
}
