import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CopyOptions, copyStudy } from '../../src/store/copy-study.ts';
import {
  StudyCopiedWhileRunningError,
  StudyExistsError,
  StudyNotFoundError,
} from '../../src/store/errors.ts';
import { connectStore, openStore, studyNameOf } from '../../src/store/open-store.ts';
import { databaseMs } from '../../src/store/sql/database-clock.ts';
import { type StudyTable, studyTables } from '../../src/store/sql/study-tables.ts';
import { runStudy } from '../../src/study/run-study.ts';
import { rememberingStrategy, toyConfig, toyPool, toyProcess, toySpace } from '../fixtures/toy-study.ts';
import { postgresForTests } from '../postgres-server.ts';
import { epoch, me, newStudy, newTrial, result } from './store-contract.ts';

const postgres = await postgresForTests();

let directory: string;
let database: string;
const file = (name: string) => join(directory, `${name}.db`);
const url = (study: string) => `${postgres?.url(database)}/${study}`;
const dead: CopyOptions = { judge: () => 'dead' };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-copy-'));
  database = (await postgres?.createDatabase()) ?? '';
});
afterEach(async () => {
  await rm(directory, { recursive: true });
  await postgres?.dropDatabase(database);
});

/** A study with rows in every table, awkward numbers among them; `me` runs it. */
async function fullStudy(location: string): Promise<void> {
  const store = await openStore(location, { access: 'create' });
  const { id } = await store.createStudy({ ...newStudy, name: studyNameOf(location) ?? 'first' });
  await store.claim(id, me, () => 'alive');
  const numbers = [1, 2, 3, 4];
  await store.ask(
    id,
    me,
    numbers.map((number) => newTrial(number)),
    { bytes: Uint8Array.of(0, 255, 128), from: 0 },
  );
  for (const number of [1, 2]) {
    await store.startTrial(id, me, number);
    const curve = Array.from({ length: 700 }, (_, i) => epoch(i + 1, 1 / (i + 2)));
    await store.tell(id, me, result(number, { reward: 0.1 + 0.2, curve }), {
      bytes: Uint8Array.of(number, 0, 13, 10),
      from: number,
    });
  }
  await store.startTrial(id, me, 3);
  await store.appendEpoch(id, 3, 1, { ...epoch(1), trainingLoss: 5e-324 });
  await store.log(id, 'created', { text: 'a "quoted" \u0000 \\ ümlaut \n line 🦆' });
  await store.log(id, 'interrupted');
  await store.close();

  const connection = await connectStore(location, { access: 'write' });
  const { db } = connection;
  const bytes = Buffer.from(Float32Array.of(1 / 3, -0, 1e-45).buffer);
  const seen = { owner: JSON.stringify(me), seen_ms: 1_700_000_000_123 };
  await db
    .insertInto('shared_studies')
    .values({ study_id: id, accumulate: 10, baseline: 1 / 3, begun_at: 'then' })
    .execute();
  for (const shard of [0, 1]) {
    await db
      .insertInto('shards')
      .values({ study_id: id, shard, version: 2 ** 40 + shard, parameters: bytes, optimiser: bytes })
      .execute();
  }
  await db
    .insertInto('replicas')
    .values({ study_id: id, replica: 1, sequence: 3, ...seen })
    .execute();
  await db
    .insertInto('workers')
    .values({
      study_id: id,
      worker: 'ada-1',
      capability: '{"threads":2}',
      state: 'working',
      activity: '{}',
      joined_ms: 1,
      ...seen,
    })
    .execute();
  await db
    .insertInto('gradients')
    .values({ study_id: id, replica: 1, sequence: 1, trials: 8, staleness: '[0,3]', applied_ms: 99 })
    .execute();
  await connection.close();
}

/** All rows of a study, table by table, and its own; without its number. */
async function contents(location: string): Promise<Record<string, unknown[]>> {
  const store = await openStore(location, { access: 'read' });
  const { id, name: _, ...study } = await store.study(studyNameOf(location));
  await store.close();
  const connection = await connectStore(location, { access: 'read' });
  const all: Record<string, unknown[]> = { study: [study] };
  for (const [table, key] of Object.entries(studyTables)) {
    const order = sql.join(['study_id', ...key].map((column) => sql.ref(column)));
    const { rows } = await sql<
      Record<string, unknown>
    >`select * from ${sql.table(table)} where study_id = ${id} order by ${order}`.execute(connection.db);
    all[table] = rows.map(({ study_id: _study, ...row }) => row);
  }
  await connection.close();
  return all;
}

/** What a copy may not take over: who was at work. */
function atRest(all: Record<string, unknown[]>): Record<string, unknown[]> {
  const without = (table: StudyTable | 'study', change: (row: Record<string, unknown>) => object) =>
    (all[table] ?? []).map((row) => ({ ...(row as object), ...change(row as Record<string, unknown>) }));
  return {
    ...all,
    study: without('study', () => ({ owner: null })),
    trials: without('trials', ({ state, owner }) => ({ owner: state === 'running' ? null : owner })),
    replicas: without('replicas', () => ({ owner: null, seen_ms: 0 })),
    workers: without('workers', () => ({ state: 'left' })),
    events: without('events', () => ({ id: expect.any(Number) })),
  };
}

describe.skipIf(postgres === null)('copying a study', () => {
  it('from a file to a server and back: every row of every table, bit for bit, but nobody at work', async () => {
    await fullStudy(file('first'));
    const original = await contents(file('first'));
    for (const [table, rows] of Object.entries(original))
      expect([table, rows.length]).not.toEqual([table, 0]);
    const summary = await copyStudy(file('first'), url('cnn'), dead);
    expect(summary).toMatchObject({ from: file('first'), study: 'cnn', trials: 4 });
    expect(await contents(url('cnn'))).toEqual(atRest(original));
    await copyStudy(url('cnn'), file('second'), dead);
    expect(await contents(file('second'))).toEqual(atRest(original));
    expect(await contents(file('first'))).toEqual(original); // and the original is as it was
  });

  it('beside another study on the same server, which it leaves alone', async () => {
    await fullStudy(url('first'));
    await copyStudy(url('first'), url('second'), dead);
    expect(await contents(url('second'))).toEqual(atRest(await contents(url('first'))));
    const store = await openStore(url('second'), { access: 'read' });
    expect((await store.studies()).map(({ name }) => name)).toEqual(['first', 'second']);
    await store.close();
  });

  it('refuses to overwrite: a study of that name, or any in a file', async () => {
    await fullStudy(file('first'));
    await copyStudy(file('first'), url('cnn'), dead);
    await expect(copyStudy(file('first'), url('cnn'), dead)).rejects.toThrow(StudyExistsError);
    await copyStudy(file('first'), file('second'), dead);
    const before = await contents(file('second'));
    await expect(copyStudy(url('cnn'), file('second'), dead)).rejects.toThrow(/already holds a study/);
    expect(await contents(file('second'))).toEqual(before);
  });

  it('a study that is not there leaves nothing at the target', async () => {
    await fullStudy(url('first'));
    await expect(copyStudy(url('third'), file('second'), dead)).rejects.toThrow(StudyNotFoundError);
    expect(existsSync(file('second'))).toBe(false);
  });

  it('refuses one that somebody runs, unless it is forced', async () => {
    await fullStudy(file('first'));
    const running = copyStudy(file('first'), url('cnn'), { judge: () => 'elsewhere' });
    await expect(running).rejects.toThrow(StudyCopiedWhileRunningError);
    await expect(running).rejects.toThrow(/pid 100 on host ada.*--force/);
    await copyStudy(file('first'), url('cnn'), { judge: () => 'alive', force: true });
    expect((await contents(url('cnn')))['trials']).toHaveLength(4);
  });

  it.each(['replicas', 'workers'] as const)('refuses one whose %s were heard of lately', async (table) => {
    await fullStudy(file('first'));
    const connection = await connectStore(file('first'), { access: 'write' });
    await connection.db
      .updateTable(table)
      .set({ seen_ms: databaseMs(connection) })
      .execute();
    await connection.close();
    const running = copyStudy(file('first'), url('cnn'), dead);
    await expect(running).rejects.toThrow(table === 'workers' ? /worker ada-1/ : /controller replica 1/);
  });

  it.each([
    ['a file', file],
    ['a server', url],
  ])('killed on its way to %s leaves nothing of the study, and can be done again', async (_, to) => {
    await fullStudy(file('first'));
    const script = fileURLToPath(new URL('copy-and-die.ts', import.meta.url));
    const words = ['--import', 'tsx', script, file('first'), to('second')];
    expect(spawnSync(process.execPath, words).signal).toBe('SIGKILL');
    const store = await openStore(to('second'), { access: 'write' });
    expect(await store.studies()).toEqual([]);
    await store.close();
    await copyStudy(file('first'), to('second'), dead);
    expect(await contents(to('second'))).toEqual(atRest(await contents(file('first'))));
  });

  it('that fails on its way removes the file that it began', async () => {
    await fullStudy(file('first'));
    const fails: CopyOptions = {
      ...dead,
      onProgress({ copied }) {
        if (copied > 500) throw new Error('the cable was pulled');
      },
    };
    await expect(copyStudy(file('first'), file('second'), fails)).rejects.toThrow(/cable/);
    expect(existsSync(file('second'))).toBe(false);
  });

  it('a search goes on from the copy as it would have from the original', async () => {
    await run(file('whole'), 8);
    await run(file('half'), 4);
    await copyStudy(file('half'), url('cnn'), dead);
    await run(url('cnn'), 6);
    await copyStudy(url('cnn'), file('copied'), dead);
    await run(file('copied'), 8);
    const facts = ({ trials, epochs, strategy_state: state }: Record<string, unknown[]>) => ({
      trials: trials?.map((row) =>
        pick(row, ['number', 'tokens', 'architecture', 'seed', 'state', 'reward']),
      ),
      epochs: epochs?.map((row) => pick(row, ['trial', 'epoch', 'training_loss', 'score_value'])),
      state: state?.map((row) => pick(row, ['revision', 'bytes'])),
    });
    const copied = await contents(file('copied'));
    expect(copied['trials']).toHaveLength(8);
    expect(facts(copied)).toEqual(facts(await contents(file('whole'))));
  });
});

/** A search of one synchronous worker, to so many trials; it begins the study or resumes it. */
async function run(location: string, trials: number): Promise<void> {
  const store = await openStore(location, { access: 'create' });
  const config = toyConfig({ trials, workers: 1 });
  await runStudy({
    store,
    config,
    space: toySpace,
    strategy: rememberingStrategy(config.seed),
    pool: toyPool(),
    evaluatorIdentity: 'toy',
    codeVersion: '0.0.0',
    process: toyProcess(1),
  });
  await store.close();
}

function pick(row: unknown, columns: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(columns.map((column) => [column, (row as Record<string, unknown>)[column]]));
}
