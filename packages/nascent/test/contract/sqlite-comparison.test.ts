import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotAComparisonError, StoreDamagedError, StudyNotFoundError } from '../../src/store/errors.ts';
import { openComparisonStore, openStore } from '../../src/store/open-store.ts';
import { comparisonContract, finished, newComparison, searchRun } from './comparison-contract.ts';
import { me, newStudy } from './store-contract.ts';

comparisonContract('SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nascent-comparison-'));
  return {
    open: () => openComparisonStore(join(directory, 'comparison.db'), { access: 'create' }),
    dispose: () => rm(directory, { recursive: true }),
  };
});

describe('a comparison’s file', () => {
  let directory: string;
  const file = () => join(directory, 'comparison.db');
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nascent-comparison-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('that holds a study is refused, and stays as it was', async () => {
    const study = await openStore(file(), { access: 'create' });
    await study.createStudy(newStudy);
    await study.close();
    const store = await openComparisonStore(file(), { access: 'write' });
    expect(await store.comparison()).toBeNull();
    await expect(store.begin(newComparison)).rejects.toThrow(NotAComparisonError);
    expect(await store.comparison()).toBeNull();
    await store.close();
  });

  it('is no study to the commands that read studies', async () => {
    const store = await openComparisonStore(file(), { access: 'create' });
    await store.begin(newComparison);
    await store.close();
    const study = await openStore(file(), { access: 'read' });
    await expect(study.study()).rejects.toThrow(StudyNotFoundError);
    await study.close();
  });

  it('with a damaged run names the run', async () => {
    const store = await openComparisonStore(file(), { access: 'create' });
    await store.begin(newComparison);
    await store.claim(me, () => 'alive');
    await store.commitRun(me, finished(searchRun('random', 17)));
    await store.close();
    const database = new Sqlite(file());
    database.exec("update runs set record = x'1f8b08'");
    database.close();
    const damaged = await openComparisonStore(file(), { access: 'read' });
    await expect(damaged.runs()).rejects.toThrow(StoreDamagedError);
    await expect(damaged.runs()).rejects.toThrow(/the run of random with seed 17/);
    await damaged.close();
  });
});
