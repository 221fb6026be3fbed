import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { control } from '../../src/experiment/control.ts';
import { openStore } from '../../src/store/open-store.ts';
import { runRemoteWorker } from '../../src/workers/remote-worker.ts';
import { openWorkerLog } from '../../src/workers/worker-log.ts';
import { newStudy } from '../contract/store-contract.ts';
import { postgresForTests } from '../postgres-server.ts';
import {
  architectures,
  SharedStudy,
  type StudyOptions,
  timedEvaluator,
  WorkerRun,
  wilfulEvaluator,
} from './shared-study.ts';

const postgres = await postgresForTests();
const open: { dispose(): Promise<void> }[] = [];

afterEach(async () => {
  delete process.env['NASCENT_TEST_CHECKSUM'];
  for (const one of open.splice(0)) await one.dispose();
});

async function begin(options: StudyOptions): Promise<SharedStudy> {
  if (postgres === null) throw new Error('this suite is skipped without PostgreSQL');
  const shared = await SharedStudy.begin(
    postgres,
    options.shared === false ? [] : architectures(1, 1, 1),
    options,
  );
  open.push(shared);
  return shared;
}

function join(
  study: string,
  allow: readonly string[] = [timedEvaluator],
  signal = new AbortController().signal,
) {
  const log = openWorkerLog({ format: 'text', level: 'error', write: () => {} });
  return runRemoteWorker({ study, allow, directory: '/', signal, log, heartbeatMs: 100 });
}

describe.skipIf(postgres === null)('a worker refuses', () => {
  it('an evaluator that its operator has not named', async () => {
    await expect(join((await begin({})).url, [])).rejects.toMatchObject({
      code: 'EVALUATOR_NOT_ALLOWED',
      message: expect.stringContaining('name it with --allow PATH'),
    });
  });

  it('an evaluator that is another one than the study’s', async () => {
    await expect(join((await begin({})).url, [wilfulEvaluator])).rejects.toMatchObject({
      code: 'EVALUATOR_DIFFERS',
      message: expect.stringContaining('Bring the same version of the module'),
    });
  });

  it('data that are not the study’s', async () => {
    const { url } = await begin({ changes: { datasetChecksum: 'e'.repeat(64) } });
    await expect(join(url)).rejects.toMatchObject({
      code: 'DATASET_DIFFERS',
      message: expect.stringContaining('checksum eeeeeeeeeeee, and the data here have dddddddddddd'),
    });
  });

  it('data that are not those of the workers before it', async () => {
    const { url } = await begin({});
    expect(await join(url)).toMatchObject({ why: 'complete', finished: 1 });
    process.env['NASCENT_TEST_CHECKSUM'] = 'f'.repeat(64);
    await expect(join(url)).rejects.toMatchObject({
      code: 'DATASET_DIFFERS',
      message: expect.stringContaining('checksum dddddddddddd, and the data here have ffffffffffff'),
    });
  });

  it('a study begun by a newer Nascent', async () => {
    const { url } = await begin({ changes: { codeVersion: '99.0.0' } });
    await expect(join(url)).rejects.toMatchObject({
      code: 'WORKER_TOO_OLD',
      message: expect.stringContaining('was begun by Nascent 99.0.0'),
    });
  });

  it('a study that is not shared', async () => {
    await expect(join((await begin({ shared: false })).url)).rejects.toMatchObject({
      code: 'STUDY_NOT_SHARED',
    });
  });

  it('a study file', async () => {
    await expect(join('nascent.db')).rejects.toMatchObject({ code: 'WORKER_NEEDS_SERVER' });
  });

  it('a server that cannot be reached, without printing the password', async () => {
    const worker = new WorkerRun(['--study', 'postgres://nas:quite-secret@127.0.0.1:1/nas/study']);
    expect((await worker.ended).code).toBe(1);
    expect(worker.output).toContain('cannot reach postgres://nas@127.0.0.1:1/nas/study');
    expect(worker.output).not.toContain('quite-secret');
  });

  it('a port for metrics that is taken, and leaves no worker behind', async () => {
    const shared = await begin({});
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    try {
      const worker = shared.worker(['--metrics', String(port)]);
      expect((await worker.ended).code).toBe(1);
      expect(worker.output).toContain(`metrics cannot be served at 127.0.0.1:${port}`);
      expect(await shared.store.shared.workers(shared.study.id)).toEqual([]);
    } finally {
      taken.close();
    }
  });
});

describe.skipIf(postgres === null)('a controller without a config refuses', () => {
  async function database(): Promise<string> {
    if (postgres === null) throw new Error('this suite is skipped without PostgreSQL');
    const name = await postgres.createDatabase();
    open.push({ dispose: () => postgres.dropDatabase(name) });
    const url = new URL(postgres.url(name));
    url.password ||= 'quite-secret';
    return url.href;
  }

  it('a database without a study, without printing the password', async () => {
    const url = await database();
    const refused = await control(null, { study: `${url}/study` }).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: 'NOTHING_TO_CONTROL' });
    expect(String(refused)).not.toContain(decodeURIComponent(new URL(url).password));
    const store = await openStore(`${url}/study`, { access: 'create' });
    await store.close();
    const still = control(null, { study: `${url}/study` });
    await expect(still).rejects.toMatchObject({ code: 'NOTHING_TO_CONTROL' });
  });

  it('a URL that does not say which of several studies is meant, and names them', async () => {
    const url = await database();
    const store = await openStore(url, { access: 'create' });
    for (const name of ['first', 'second']) await store.createStudy({ ...newStudy, name });
    await store.close();
    await expect(control(null, { study: url })).rejects.toMatchObject({
      code: 'STUDY_NOT_FOUND',
      message: expect.stringMatching(/first.*second/),
    });
  });
});
