import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newComparison } from '../../test/contract/comparison-contract.ts';
import { toyPool } from '../../test/fixtures/toy-study.ts';
import type { ComparisonStore } from '../store/comparison-store.ts';
import { openComparisonStore } from '../store/open-store.ts';
import { EvaluatorFailedError } from './errors.ts';
import type { EvaluatorPool, JobResult } from './evaluator-pool.ts';
import { SharedEvaluations, type WantedEvaluation } from './shared-evaluations.ts';

const owner = { host: 'ada', bootId: 'boot-1', pid: 100, startTime: '5000' };
const crashed: JobResult = { kind: 'crashed', detail: 'SIGSEGV' };
const threw: JobResult = { kind: 'error', message: 'no such layer' };

let directory: string;
let store: ComparisonStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-shared-'));
  store = await openComparisonStore(join(directory, 'comparison.db'), { access: 'create' });
  await store.begin(newComparison);
  await store.claim(owner, () => 'alive');
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

function evaluations(
  pool: EvaluatorPool,
  { attempts = 2, works = false, signal = new AbortController().signal } = {},
) {
  return new SharedEvaluations({ pool, store, owner, attempts, signal }, works);
}

const wanted = (key: string, replicate = 1): WantedEvaluation => ({
  architecture: { widths: [1, 2] },
  key,
  replicate,
  seed: 77,
});

describe('shared evaluations', () => {
  it('each architecture is trained once for each replicate seed, whoever asks, also after a restart', async () => {
    const pool = toyPool({ slots: 2 });
    const shared = evaluations(pool);
    const first = await shared.get(wanted('a'));
    expect(await shared.get(wanted('a'))).toEqual(first);
    await shared.get(wanted('a', 2));
    await shared.get(wanted('b'));
    expect(pool.evaluated).toHaveLength(3);
    const restarted = toyPool();
    expect(await evaluations(restarted).get(wanted('a'))).toEqual(first);
    expect(restarted.evaluated).toEqual([]);
    expect(await store.evaluationCount()).toBe(3);
  });

  it('two that want the same at once wait for one training', async () => {
    const pool = toyPool({ slots: 2 });
    const shared = evaluations(pool);
    const [one, other] = await Promise.all([shared.get(wanted('a')), shared.get(wanted('a'))]);
    expect(one).toBe(other);
    expect(pool.evaluated).toHaveLength(1);
  });

  it('a child that dies is tried again; its time is charged too', async () => {
    const pool = toyPool({ fate: ({ attempt }) => (attempt === 1 ? crashed : 'train') });
    const evaluation = await evaluations(pool).get(wanted('a'));
    expect(evaluation?.result.kind).toBe('evaluated');
    expect(evaluation?.seconds).toBeGreaterThan(0);
    expect(pool.evaluated).toHaveLength(2);
  });

  it('a child that always dies has failed, for every strategy', async () => {
    const pool = toyPool({ fate: () => crashed });
    const shared = evaluations(pool, { attempts: 3 });
    const evaluation = await shared.get(wanted('a'));
    expect(evaluation?.result).toEqual({ kind: 'failed', outcome: 'crashed', detail: 'SIGSEGV' });
    expect(await shared.get(wanted('a'))).toEqual(evaluation);
    expect(pool.evaluated).toHaveLength(3);
  });

  it('an evaluator that throws before it evaluated anything stops the comparison, and nothing is kept', async () => {
    const pool = toyPool({ fate: () => threw });
    await expect(evaluations(pool).get(wanted('a'))).rejects.toThrow(EvaluatorFailedError);
    expect(await store.evaluationCount()).toBe(0);
  });

  it('one that is known to work may throw on an architecture', async () => {
    const evaluation = await evaluations(toyPool({ fate: () => threw }), { works: true }).get(wanted('a'));
    expect(evaluation?.result).toEqual({ kind: 'failed', outcome: 'error', detail: 'no such layer' });
  });

  it('what is interrupted is not kept', async () => {
    const stop = new AbortController();
    const shared = evaluations(toyPool({ fate: () => 'hang' }), { signal: stop.signal });
    const under = shared.get(wanted('a'));
    setTimeout(() => stop.abort(), 20);
    expect(await under).toBeNull();
    expect(await shared.get(wanted('b')), 'nothing more is begun').toBeNull();
    expect(await store.evaluationCount()).toBe(0);
  });
});
