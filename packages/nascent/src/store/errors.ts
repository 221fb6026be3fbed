import { NascentError } from '../errors.ts';

/** There is no store at this location, and the command only reads. */
export class StoreNotFoundError extends NascentError {
  constructor(location: string) {
    super(
      'STORE_NOT_FOUND',
      `there is no study file ${location}. Check the path, or begin a study with: ` +
        `nascent search CONFIG --study ${location}`,
    );
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
        'Resume what it holds once (nascent search CONFIG --study FILE, or nascent compare CONFIG --out DIR): ' +
        'that brings the file up to date.',
    );
  }
}

/** The store cannot be written: missing or read-only directory, read-only file, read-only file system. */
export class StoreUnwritableError extends NascentError {
  constructor(location: string, reason: string, options?: { cause?: unknown }) {
    super(
      'STORE_UNWRITABLE',
      `cannot write ${location}: ${reason}. ` +
        'Choose a place that you may write to (--study FILE; of a comparison --out DIR), or correct its permissions.',
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

/** The disk is full. What was committed before is safe. */
export class StoreFullError extends NascentError {
  constructor(location: string, options?: { cause?: unknown }) {
    super(
      'STORE_DISK_FULL',
      `the disk that holds ${location} is full. Every finished trial is saved: ` +
        'make room, then resume with the same command.',
      options,
    );
  }
}

/** Another process held the store's lock longer than this one waits. */
export class StoreBusyError extends NascentError {
  constructor(location: string, options?: { cause?: unknown }) {
    super(
      'STORE_LOCKED',
      `${location} is locked by another process. Wait until it is done or end it, then run the command again.`,
      options,
    );
  }
}

/** What the store holds is damaged, or was changed by something that is not Nascent. */
export class StoreDamagedError extends NascentError {
  constructor(location: string, what: string, options?: { cause?: unknown }) {
    super(
      'STORE_DAMAGED',
      `${location} is damaged: ${what}. Restore a copy of it; "sqlite3 FILE .recover" may save the rest.`,
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

/** This kind of store is not there (yet). */
export class StoreUnsupportedError extends NascentError {
  constructor(location: string) {
    super(
      'STORE_UNSUPPORTED',
      `this version of Nascent keeps studies in SQLite files only, and ${location} is not a file name. ` +
        'Give a path, for example --study study.db',
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
      `${location} already holds a study called ${JSON.stringify(name)}. Resume that one.`,
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
