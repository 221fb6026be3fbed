import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { me, newStudy, newTrial } from '../../../test/contract/store-contract.ts';
import {
  NotAStudyFileError,
  StoreBusyError,
  StoreDamagedError,
  StoreFullError,
  StoreNewerError,
  StoreNotFoundError,
  StoreOlderError,
  StoreReadOnlyError,
  StoreUnsupportedError,
  StoreUnwritableError,
} from '../errors.ts';
import { schemaVersion } from '../migrations/migrations.ts';
import { openStore } from '../open-store.ts';
import { applicationId } from './open.ts';
import { translateSqliteError } from './translate.ts';

let directory: string;
const file = () => join(directory, 'study.db');
const quick = { lockTimeoutMs: 50 };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-open-'));
});
afterEach(async () => {
  await chmod(directory, 0o700);
  await rm(directory, { recursive: true });
});

async function studyFile(): Promise<void> {
  const store = await openStore(file(), { access: 'create' });
  const { id } = await store.createStudy(newStudy);
  await store.claim(id, me, () => 'alive');
  await store.ask(id, me, [newTrial(1)], { bytes: Uint8Array.of(1, 2), from: 0 });
  await store.close();
}

/** Changes a file behind the store's back. */
function tamper(change: (database: Database) => void): void {
  const database = new Sqlite(file());
  change(database);
  database.close();
}

describe('opening a study file › to read', () => {
  it('creates nothing: not the file, nor files beside it', async () => {
    await expect(openStore(file(), { access: 'read' })).rejects.toThrow(StoreNotFoundError);
    await expect(openStore(file(), { access: 'read' })).rejects.toThrow(/nascent search CONFIG --study/);
    expect(await readdir(directory)).toEqual([]);
    await studyFile();
    expect(await readdir(directory)).toEqual(['study.db']);
    const before = await readFile(file());
    const store = await openStore(file(), { access: 'read' });
    expect(await store.trials(1)).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['study.db']);
    await store.close();
    expect(await readdir(directory)).toEqual(['study.db']);
    expect(await readFile(file())).toEqual(before);
  });

  it('a file left in WAL mode, as copied away from a running study, is read without side files', async () => {
    await studyFile();
    tamper((database) => database.pragma('journal_mode = WAL'));
    expect((await readFile(file()))[18]).toBe(2);
    expect(await readdir(directory)).toEqual(['study.db']);
    const store = await openStore(file(), { access: 'read' });
    expect(await store.trials(1)).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['study.db']);
    await store.close();
  });

  it('sees what a running study has committed, and never waits for it', async () => {
    await studyFile();
    const writer = await openStore(file(), { access: 'write' });
    const reader = await openStore(file(), { access: 'read', ...quick });
    await writer.startTrial(1, me, 1);
    expect(await reader.trial(1, 1)).toMatchObject({ state: 'running' });
    const holder = new Sqlite(file());
    holder.exec('begin immediate');
    expect(await reader.trials(1)).toHaveLength(1);
    holder.exec('rollback');
    holder.close();
    await reader.close();
    await writer.close();
  });

  it('what a killed process left in its WAL is read', async () => {
    await studyFile();
    const running = await openStore(file(), { access: 'write' });
    await running.startTrial(1, me, 1);
    // The files as they lie on disk at this moment are what SIGKILL leaves.
    const left = join(directory, 'left');
    await mkdir(left);
    for (const name of ['study.db', 'study.db-wal', 'study.db-shm']) {
      await copyFile(join(directory, name), join(left, name));
    }
    await running.close();
    const reader = await openStore(join(left, 'study.db'), { access: 'read' });
    expect(await reader.trial(1, 1)).toMatchObject({ state: 'running' });
    await reader.close();
    const resumed = await openStore(join(left, 'study.db'), { access: 'write' });
    expect(await resumed.trial(1, 1)).toMatchObject({ state: 'running' });
    await resumed.close();
  });

  it('refuses to write', async () => {
    await studyFile();
    const store = await openStore(file(), { access: 'read' });
    await expect(store.log(1, 'note')).rejects.toThrow(StoreReadOnlyError);
    await store.close();
  });
});

describe('opening a study file › that is none', () => {
  it.each([
    ['a text file', 'trials: 24\n', /not a SQLite database/],
    ['an empty file', '', /empty/],
  ])('%s', async (_, text, message) => {
    await writeFile(file(), text);
    await expect(openStore(file(), { access: 'read' })).rejects.toThrow(NotAStudyFileError);
    await expect(openStore(file(), { access: 'read' })).rejects.toThrow(message);
    expect(await readFile(file(), 'utf8')).toBe(text);
  });

  it('a text file is not overwritten by a search either', async () => {
    await writeFile(file(), 'my notes, longer than a magic number');
    await expect(openStore(file(), { access: 'create' })).rejects.toThrow(NotAStudyFileError);
    expect(await readFile(file(), 'utf8')).toMatch(/my notes/);
  });

  it('a directory', async () => {
    await mkdir(file());
    await expect(openStore(file(), { access: 'create' })).rejects.toThrow(/it is a directory/);
  });

  it.each(['read', 'write', 'create'] as const)(
    'another application’s database, opened to %s',
    async (access) => {
      tamper((database) => database.exec('create table bookmarks (url text)'));
      const before = await readFile(file());
      await expect(openStore(file(), { access })).rejects.toThrow(/database of another application/);
      expect(await readFile(file())).toEqual(before);
    },
  );

  it.each(['read', 'write', 'create'] as const)('one of a newer Nascent, opened to %s', async (access) => {
    await studyFile();
    tamper((database) => database.pragma(`user_version = ${schemaVersion + 6}`));
    const before = await readFile(file());
    await expect(openStore(file(), { access })).rejects.toThrow(StoreNewerError);
    await expect(openStore(file(), { access })).rejects.toThrow(
      `was made by a newer Nascent (schema ${schemaVersion + 6}; this one knows up to ${schemaVersion}): ` +
        'update nascent, nothing was changed',
    );
    expect(await readFile(file())).toEqual(before);
  });

  it('one of an older Nascent is not brought up to date by a command that only reads', async () => {
    await studyFile();
    tamper((database) => database.pragma('user_version = 0'));
    await expect(openStore(file(), { access: 'read' })).rejects.toThrow(StoreOlderError);
  });

  it('a URL of something that Nascent does not know, whose password is not repeated', async () => {
    const url = 'mysql://me:geheim@localhost/nas';
    await expect(openStore(url, { access: 'read' })).rejects.toThrow(StoreUnsupportedError);
    await expect(openStore(url, { access: 'read' })).rejects.toThrow(/mysql: is neither/);
    await expect(openStore(url, { access: 'read' })).rejects.not.toThrow(/geheim/);
  });

  it('a row that was damaged is named', async () => {
    await studyFile();
    tamper((database) => database.exec("update trials set state = 'cooking', facts = '{' where number = 1"));
    const store = await openStore(file(), { access: 'read' });
    await expect(store.trials(1)).rejects.toThrow(StoreDamagedError);
    await expect(store.trials(1)).rejects.toThrow(/study\.db is damaged: trial 1: /);
    await store.close();
  });
});

describe('opening a study file › that cannot be written', () => {
  it('in a directory that does not exist', async () => {
    const path = join(directory, 'nowhere', 'study.db');
    await expect(openStore(path, { access: 'create' })).rejects.toThrow(StoreUnwritableError);
    await expect(openStore(path, { access: 'create' })).rejects.toThrow(/there is no directory .*nowhere/);
  });

  it('in a directory that may not be written', async () => {
    // /proc refuses new files to everybody, root included.
    await expect(openStore('/proc/study.db', { access: 'create' })).rejects.toThrow(StoreUnwritableError);
    await expect(openStore('/proc/study.db', { access: 'create' })).rejects.toThrow(/--study/);
  });

  it.skipIf(process.getuid?.() === 0)('a file that may only be read', async () => {
    await studyFile();
    await chmod(file(), 0o400);
    await chmod(directory, 0o500);
    await expect(openStore(file(), { access: 'write' })).rejects.toThrow(StoreUnwritableError);
    const store = await openStore(file(), { access: 'read' });
    expect(await store.trials(1)).toHaveLength(1);
    await store.close();
  });

  it('while another process holds its lock longer than one waits', async () => {
    await studyFile();
    const store = await openStore(file(), { access: 'write', ...quick });
    const holder = new Sqlite(file());
    holder.exec('begin immediate');
    await expect(store.log(1, 'note')).rejects.toThrow(StoreBusyError);
    holder.exec('rollback');
    await store.log(1, 'note');
    holder.close();
    await store.close();
  });

  it('on a full disk, in the middle of a transaction: an error, and nothing of it is stored', async () => {
    await studyFile();
    const store = await openStore(file(), { access: 'write' });
    const { size } = await stat(file());
    // SQLite's own limit is the one way to fill a disk that every machine has.
    const full = new Sqlite(file());
    full.pragma(`max_page_count = ${size / 4096 + 1}`);
    expect(() =>
      full.prepare("insert into events values (9, 1, '', '', ?)").run('x'.repeat(100_000)),
    ).toThrow(/full/);
    try {
      full.prepare("insert into events values (9, 1, '', '', ?)").run('x'.repeat(100_000));
    } catch (thrown) {
      const translated = translateSqliteError(thrown, file(), 'write');
      expect(translated).toBeInstanceOf(StoreFullError);
      expect(String(translated)).toMatch(/make room, then resume/);
    }
    full.close();
    expect(await store.logEntries(1)).toEqual([]);
    await store.close();
  });
});

describe('a new study file', () => {
  it('is marked as one from its first moment, and is made once by two that begin at once', async () => {
    const [one, two] = await Promise.all([
      openStore(file(), { access: 'create' }),
      openStore(file(), { access: 'create' }),
    ]);
    await one.createStudy(newStudy);
    expect(await two.studies()).toHaveLength(1);
    await one.close();
    await two.close();
    const database = new Sqlite(file(), { readonly: true });
    expect(database.pragma('application_id', { simple: true })).toBe(applicationId);
    expect(database.pragma('user_version', { simple: true })).toBe(schemaVersion);
    database.close();
  });

  it('may begin as an empty file, as mktemp makes it', async () => {
    await writeFile(file(), '');
    const store = await openStore(file(), { access: 'create' });
    expect(await store.studies()).toEqual([]);
    await store.close();
  });

  it('has this schema', async () => {
    // A change here is a change of the file format: add a migration, never change one. Review this dump with it.
    // To rewrite it: UPDATE_SCHEMA=1 npx vitest run packages/nascent/src/store/sqlite/open.test.ts
    await studyFile();
    const database = new Sqlite(file(), { readonly: true });
    const statements = database
      .prepare<[], { sql: string }>(
        'select sql from sqlite_master where sql is not null order by type desc, name',
      )
      .all()
      .map(({ sql }) => sql.replace(/, (?=constraint|"\w+" (?:integer|text|real|blob))/g, ',\n  '));
    database.close();
    const dump = `-- PRAGMA user_version = ${schemaVersion}\n${statements.map((sql) => `${sql};\n`).join('')}`;
    const golden = new URL('../schema.sql', import.meta.url);
    if (process.env['UPDATE_SCHEMA']) await writeFile(golden, dump);
    expect(dump).toBe(await readFile(golden, 'utf8'));
  });
});
