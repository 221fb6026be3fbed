import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { me, newStudy, newTrial, result } from '../../test/contract/store-contract.ts';
import { runCommand } from '../../test/fixtures/cli.ts';
import { openStore } from '../store/open-store.ts';
import { registerStatusCommand } from './status.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-status-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('nascent status of a study file', () => {
  it('counts its trials and names its process', async () => {
    const store = await openStore(join(directory, 'nascent.db'), { access: 'create' });
    const { id } = await store.createStudy(newStudy);
    await store.claim(id, me, () => 'alive');
    const state = { bytes: Uint8Array.of(1), from: 0 };
    const { revision } = await store.ask(
      id,
      me,
      [1, 2, 3].map((number) => newTrial(number)),
      state,
    );
    await store.startTrial(id, me, 1);
    await store.startTrial(id, me, 2);
    await store.tell(id, me, result(1), { ...state, from: revision });
    await store.close();

    const { code, out } = await runCommand(registerStatusCommand, ['status', '--json'], { cwd: directory });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      name: 'first',
      wanted: 8,
      trials: { queued: 1, running: 1, completed: 1, failed: 0 },
      queue: { waiting: 1, active: 1 },
      owner: { host: 'ada', pid: 100, liveness: 'elsewhere' },
      shared: null,
    });
    const text = await runCommand(registerStatusCommand, ['status'], { cwd: directory });
    expect(text.out).toContain('trials     1 of 8 done: 1 queued, 1 running, 1 completed');
  });

  it('is an error where there is none', async () => {
    const { failure } = await runCommand(registerStatusCommand, ['status'], { cwd: directory });
    expect(failure).toMatchObject({ code: 'STORE_NOT_FOUND' });
  });
});
