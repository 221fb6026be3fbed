import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { type TestLog, testedSoFar, testOnce } from './test-once.ts';

let directory: string;
const stores: Store[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-test-once-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(directory, { recursive: true });
});

async function logOf(name: string): Promise<TestLog> {
  const store = await openStore(join(directory, `${name}.db`), { access: 'create' });
  stores.push(store);
  const { id } = await store.createStudy({
    name,
    config: {},
    seed: 1,
    space: { name: 'toy', version: 1, fingerprint: '01234567', options: {} },
    evaluatorIdentity: 'e',
    strategy: 'grid',
    codeVersion: '0',
    datasetChecksum: null,
  });
  return { store, study: id, detail: { network: 'trial 3' } };
}

const kinds = async ({ store, study }: TestLog) => (await store.logEntries(study)).map(({ kind }) => kind);
const scored = {
  metric: 'accuracy' as const,
  accuracy: 0.75,
  confusion: [
    [1, 1],
    [0, 2],
  ],
  datasetChecksum: 'abc',
};

describe('the test set', () => {
  it('is logged as opened before it is opened, in every log, and the result afterwards', async () => {
    const logs: [TestLog, TestLog] = [await logOf('grid'), await logOf('search')];
    const result = await testOnce(logs, async () => {
      for (const log of logs) expect(await kinds(log)).toEqual(['test-set-opened']);
      return scored;
    });
    expect(result).toMatchObject({ ...scored, cutOff: 0 });
    for (const log of logs) {
      expect(await kinds(log)).toEqual(['test-set-opened', 'test-set-result']);
      expect((await log.store.logEntries(log.study))[0]?.detail).toEqual({ network: 'trial 3' });
    }
  });

  it('is not opened again where there is a result', async () => {
    const log = await logOf('grid');
    const first = await testOnce([log], async () => scored);
    const again = await testOnce([log], async () => {
      throw new Error('it was opened again');
    });
    expect(again).toEqual(first);
    expect(await kinds(log)).toEqual(['test-set-opened', 'test-set-result']);
  });

  it('opened without a result, because the process died: opened again, and the result says so', async () => {
    const log = await logOf('grid');
    const died = testOnce([log], async () => {
      throw new Error('killed');
    });
    await expect(died).rejects.toThrow('killed');
    expect(testedSoFar(await log.store.logEntries(log.study))).toEqual({ cutOff: 1, result: null });
    const result = await testOnce([log], async (cutOff) => {
      expect(cutOff).toBe(1);
      return scored;
    });
    expect(result.cutOff).toBe(1);
  });
});
