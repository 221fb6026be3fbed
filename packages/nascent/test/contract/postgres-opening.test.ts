import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerShowCommand } from '../../src/cli/show.ts';
import { registerTrialsCommand } from '../../src/cli/trials.ts';
import {
  DatabaseNotFoundError,
  NotAStudyDatabaseError,
  StoreNewerError,
  StoreNotFoundError,
  StoreOlderError,
  StoreReadOnlyError,
  StoreUnwritableError,
} from '../../src/store/errors.ts';
import { schemaVersion } from '../../src/store/migrations/migrations.ts';
import { openStore, studyNameOf } from '../../src/store/open-store.ts';
import { runCommand } from '../fixtures/cli.ts';
import { postgresForTests } from '../postgres-server.ts';
import { me, newStudy, newTrial } from './store-contract.ts';

const postgres = await postgresForTests();

describe.skipIf(postgres === null)('opening a PostgreSQL store', () => {
  if (postgres === null) return; // said aloud by `postgresForTests`
  let database: string;
  const url = () => postgres.url(database);
  const sql = (statement: string) => postgres.query(database, statement);
  /** A database that holds the study `first`, which `me` owns, with one trial. */
  const begun = async (): Promise<void> => {
    const store = await openStore(url(), { access: 'create' });
    const { id } = await store.createStudy(newStudy);
    await store.claim(id, me, () => 'alive');
    await store.ask(id, me, [newTrial(1)], { bytes: Uint8Array.of(1), from: 0 });
    await store.close();
  };

  beforeEach(async () => {
    database = await postgres.createDatabase();
  });
  afterEach(() => postgres.dropDatabase(database));

  it('makes the tables in a schema of their own, beside whatever else the database holds', async () => {
    await sql('create table trials (mine text)');
    await begun();
    const tables = await sql(
      `select table_schema from information_schema.tables where table_name = 'trials' order by 1`,
    );
    expect(tables).toEqual([{ table_schema: 'nascent' }, { table_schema: 'public' }]);
    expect(await sql('select * from public.trials')).toEqual([]);
    expect(await sql('select version from nascent.schema_version')).toEqual([{ version: schemaVersion }]);
  });

  it.each(['read', 'write'] as const)('to %s makes nothing', async (access) => {
    await expect(openStore(url(), { access })).rejects.toThrow(StoreNotFoundError);
    await expect(openStore(url(), { access })).rejects.toThrow(/nascent search CONFIG --study postgres:/);
    expect(await sql(`select 1 from pg_namespace where nspname = 'nascent'`)).toEqual([]);
  });

  it('to read refuses to write', async () => {
    await begun();
    const store = await openStore(url(), { access: 'read' });
    expect(await store.trials(1)).toHaveLength(1);
    await expect(store.log(1, 'note')).rejects.toThrow(StoreReadOnlyError);
    await store.close();
  });

  it('finds the study that the URL names', async () => {
    await begun();
    const named = `${url()}/first`;
    const store = await openStore(named, { access: 'read' });
    expect(store.location).toMatch(/\/first$/);
    expect((await store.study(studyNameOf(named))).name).toBe('first');
    await expect(store.study(studyNameOf(`${url()}/second`))).rejects.toThrow(/"second"; it holds first/);
    await store.close();
  });

  it('is read by the commands under its URL, which they print without a password', async () => {
    await begun();
    const named = `${url().replace('//nas@', '//nas:geheim@')}/first`;
    const listed = await runCommand(registerTrialsCommand, ['trials', '--study', named], { cwd: '/' });
    expect(listed.out).toMatch(/1 {2}queued/);
    const best = await runCommand(registerShowCommand, ['show', 'best', '--study', named], { cwd: '/' });
    expect(String(best.failure)).toMatch(/\/first has no completed trial yet/);
    const absent = await runCommand(registerShowCommand, ['show', '1', '--study', `${named}x`], { cwd: '/' });
    expect(String(absent.failure)).toMatch(/holds no study called "firstx"; it holds first/);
    expect(`${listed.out} ${String(best.failure)} ${String(absent.failure)}`).not.toContain('geheim');
  });

  it('of 20 processes at once one makes the tables, and all can use them', async () => {
    const opened = fileURLToPath(new URL('open-and-log.ts', import.meta.url));
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => runTypeScript([opened, url(), `process-${i}`])),
    );
    expect(codes).toEqual(Array(20).fill('0 '));
    expect(await sql('select count(*)::int as studies from nascent.studies')).toEqual([{ studies: 20 }]);
    expect(await sql('select version from nascent.schema_version')).toEqual([{ version: schemaVersion }]);
  }, 120_000);

  it.each(['nobody_made_this', 'tls_certificates'])('a database that is not there: %s', async (name) => {
    const absent = postgres.url(name);
    await expect(openStore(absent, { access: 'create' })).rejects.toThrow(DatabaseNotFoundError);
    await expect(openStore(absent, { access: 'create' })).rejects.toThrow(`createdb ${name}`);
  });

  it.each(['read', 'write', 'create'] as const)(
    'another application’s schema called nascent, opened to %s, stays as it is',
    async (access) => {
      await sql('create schema nascent');
      await sql('create table nascent.bookmarks (url text)');
      await expect(openStore(url(), { access })).rejects.toThrow(NotAStudyDatabaseError);
      expect(
        await sql(`select count(*)::int as n from information_schema.tables where table_schema = 'nascent'`),
      ).toEqual([{ n: 1 }]);
    },
  );

  it('an empty schema that the administrator has made for us is used', async () => {
    await sql('create schema nascent');
    await begun();
  });

  it.each(['read', 'write', 'create'] as const)('one of a newer Nascent, opened to %s', async (access) => {
    await begun();
    await sql(`update nascent.schema_version set version = ${schemaVersion + 4}`);
    await expect(openStore(url(), { access })).rejects.toThrow(StoreNewerError);
    await expect(openStore(url(), { access })).rejects.toThrow(/update nascent, nothing was changed/);
  });

  it('one of an older Nascent is not brought up to date by a command that only reads', async () => {
    await begun();
    await sql(`update nascent.schema_version set version = ${schemaVersion - 1}`);
    await expect(openStore(url(), { access: 'read' })).rejects.toThrow(StoreOlderError);
  });

  describe('as a user with few rights', () => {
    let user: string;
    const as = () => url().replace(/\/\/[^@]*@/, `//${user}@`);
    beforeEach(async () => {
      user = `reader_${Math.random().toString(36).slice(2)}`;
      await sql(`create role ${user} login`);
    });
    afterEach(async () => {
      await sql(`drop owned by ${user} cascade`);
      await sql(`drop role ${user}`);
    });

    it('that may only read: reads, and is told that it may not write', async () => {
      await begun();
      await sql(`grant usage on schema nascent to ${user}`);
      await sql(`grant select on all tables in schema nascent to ${user}`);
      const reader = await openStore(as(), { access: 'read' });
      expect(await reader.trials(1)).toHaveLength(1);
      await reader.close();
      const writer = await openStore(as(), { access: 'write' });
      await expect(writer.log(1, 'note')).rejects.toThrow(StoreUnwritableError);
      await expect(writer.log(1, 'note')).rejects.toThrow(new RegExp(`user ${user} has no right to`));
      await writer.close();
    });

    it('that may not even look is told so', async () => {
      await begun();
      await expect(openStore(as(), { access: 'read' })).rejects.toThrow(/has no right to read it/);
    });

    it('that may make no schema is told so, and nothing is there', async () => {
      await expect(openStore(as(), { access: 'create' })).rejects.toThrow(StoreUnwritableError);
      await expect(openStore(as(), { access: 'create' })).rejects.toThrow(/Ask its owner for the right/);
      expect(await sql(`select 1 from pg_namespace where nspname = 'nascent'`)).toEqual([]);
    });
  });
});

/** @returns exit code and what it said on standard error */
function runTypeScript(words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(`${String(code)} ${said}`));
  });
}
