import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type ControlOptions, control } from '../../src/experiment/control.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { StudyConfigInput } from '../../src/study/config.ts';
import { runRemoteWorker } from '../../src/workers/remote-worker.ts';
import { openWorkerLog } from '../../src/workers/worker-log.ts';
import { postgresForTests } from '../postgres-server.ts';
import { until } from './shared-study.ts';

const postgres = await postgresForTests();
const children = fileURLToPath(new URL('../fixtures/compared-children.mjs', import.meta.url));
const config: StudyConfigInput = {
  space: { use: 'convolutional', arguments: { layers: 2 } },
  evaluator: { use: children },
  strategy: { use: 'random' },
  trials: 3,
};

describe.skipIf(postgres === null)('a controller that stays', { timeout: 60_000 }, () => {
  const leave = new AbortController();
  let database: string | null = null;
  afterEach(async () => {
    leave.abort();
    if (database !== null) await postgres?.dropDatabase(database);
  });

  it('waits when the study is complete, and goes on when another gives it more trials', async () => {
    if (postgres === null) return;
    database = await postgres.createDatabase();
    const study = `${postgres.url(database)}/study`;
    const asked: string[] = [];
    const quick = { study, pollMs: 20, stayPollMs: 50, configDirectory: '/' };
    const options: ControlOptions = {
      ...quick,
      stay: true,
      signal: leave.signal,
      onEvent: ({ kind }) => asked.push(kind),
    };
    const times = (kind: string) => asked.filter((one) => one === kind).length;
    let ended = false;
    const staying = control(config, options).finally(() => {
      ended = true;
    });
    const working = (async () => {
      await until(() => times('drawn') > 0, 'the study is begun');
      const log = openWorkerLog({ format: 'text', level: 'error', write: () => {} });
      const worker = { study, allow: [children], directory: '/', stay: true, heartbeatMs: 100, log };
      return runRemoteWorker({ ...worker, signal: leave.signal });
    })();

    await until(() => times('staying') === 1, 'it has done all of its trials');
    await new Promise((resolve) => setTimeout(resolve, 300)); // looks six times, and finds nothing new
    expect(ended).toBe(false);
    expect(times('staying')).toBe(1);

    // One that does not stay ends, and what it has changed is found.
    expect(await control(config, { ...quick, trials: 5 })).toMatchObject({ complete: true });
    await until(() => times('staying') === 2, 'it has done two more');

    leave.abort();
    expect(await staying).toMatchObject({ complete: true });
    expect(await working).toMatchObject({ why: 'asked', finished: 5 });
    const store = await openStore(study, { access: 'read' });
    expect((await store.trials((await store.study()).id)).map(({ state }) => state)).toEqual(
      Array(5).fill('completed'),
    );
    await store.close();
  });
});
