import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { isAlive } from '../../test/fixtures/is-alive.ts';
import type { Behaviour, WilfulOptions } from '../../test/fixtures/wilful-evaluator.ts';
import type { EpochReport, Stopped } from '../evaluation/evaluation.ts';
import type { EvaluatorPool, JobResult } from '../study/evaluator-pool.ts';
import { WorkerStartError } from './errors.ts';
import { openProcessPool, type ProcessPoolOptions } from './process-pool.ts';

const path = fileURLToPath(new URL('../../test/fixtures/wilful-evaluator.ts', import.meta.url));
const evaluator = (options?: WilfulOptions) =>
  ({ module: { origin: 'file', use: './wilful-evaluator.ts', path, contentHash: '0' }, options }) as const;

let pools: EvaluatorPool[] = [];
const open = (options: Partial<ProcessPoolOptions> = {}): EvaluatorPool => {
  const pool = openProcessPool({
    workers: 1,
    evaluator: evaluator(),
    configDirectory: tmpdir(),
    graceMs: 200,
    ...options,
  });
  pools.push(pool);
  return pool;
};
const directory = mkdtempSync(join(tmpdir(), 'nascent-pool-'));
afterAll(() => rmSync(directory, { recursive: true }));

let trial = 0;
interface Extra {
  readonly signal?: AbortSignal;
  readonly report?: (epoch: EpochReport) => void;
  readonly judge?: (curve: readonly EpochReport[]) => Stopped | null;
}
const evaluate = (pool: EvaluatorPool, behaviour: Behaviour, extra: Extra = {}): Promise<JobResult> =>
  pool.evaluate(
    { trial: ++trial, attempt: 1, seed: 1000 + trial, architecture: behaviour },
    {
      report: extra.report ?? (() => {}),
      judge: extra.judge,
      signal: extra.signal ?? new AbortController().signal,
    },
  );
const factsOf = (result: JobResult): Readonly<Record<string, number>> => {
  if (result.kind !== 'evaluated') throw new Error(`expected an evaluation, found ${JSON.stringify(result)}`);
  return result.evaluation.facts;
};
const outcomeOf = (result: JobResult) => (result.kind === 'evaluated' ? result.evaluation.outcome : result);

describe('process pool', { timeout: 60_000 }, () => {
  let pool: EvaluatorPool;
  beforeAll(async () => {
    pool = open();
    pools = [];
    await pool.ready();
  });
  afterAll(() => pool.close());

  describe('one worker', () => {
    it('gives the evaluator architecture and seed, and returns its evaluation', async () => {
      const result = await evaluate(pool, { do: 'complete', accuracy: 0.75, epochs: 2 });
      expect(result).toMatchObject({
        kind: 'evaluated',
        evaluation: { outcome: { kind: 'completed' }, parameters: 7, facts: { seed: 1000 + trial } },
        workerFacts: { pid: expect.any(Number), threads: expect.any(Number), overheadMs: expect.any(Number) },
      });
      expect(
        result.kind === 'evaluated' && result.evaluation.curve.map((point) => point.score.value),
      ).toEqual([0.75, 0.75]);
    });

    it('is one process for many jobs, and loads the evaluator once', async () => {
      const countStartsIn = join(directory, 'starts');
      const counted = open({ evaluator: evaluator({ countStartsIn }) });
      const done: Readonly<Record<string, number>>[] = [];
      for (let i = 0; i < 20; i++) done.push(factsOf(await evaluate(counted, { do: 'complete' })));
      expect(new Set(done.map((facts) => facts['pid'])).size).toBe(1);
      expect(done.at(-1)?.['evaluations']).toBe(20);
      expect(readFileSync(countStartsIn, 'utf8').trim().split('\n')).toHaveLength(1);
    });

    it('streams epochs in order, before the result', async () => {
      const heard: (number | string)[] = [];
      await evaluate(
        pool,
        { do: 'complete', epochs: 3, epochMs: 5 },
        { report: ({ epoch }) => heard.push(epoch) },
      );
      heard.push('result');
      expect(heard).toEqual([1, 2, 3, 'result']);
    });

    it('a report that comes after its job has ended is nobody’s', async () => {
      const late: EpochReport[] = [];
      await evaluate(pool, { do: 'report-after-the-end' }, { report: (epoch) => late.push(epoch) });
      const next: number[] = [];
      await evaluate(pool, { do: 'complete', epochMs: 60 }, { report: ({ epoch }) => next.push(epoch) });
      expect(late).toEqual([]);
      expect(next).toEqual([1]);
    });

    it('jobs beyond the slots wait for their turn', async () => {
      const results = await Promise.all([1, 2, 3].map(() => evaluate(pool, { do: 'complete', epochMs: 10 })));
      expect(results.map((result) => result.kind)).toEqual(['evaluated', 'evaluated', 'evaluated']);
    });
  });

  describe('a child that is stopped early', () => {
    const stopAt =
      (epoch: number) =>
      (curve: readonly EpochReport[]): Stopped | null =>
        curve.length === epoch ? { kind: 'stopped', epoch, rule: 'median', detail: 'hopeless' } : null;
    const epochsOf = (result: JobResult) =>
      result.kind === 'evaluated' ? result.evaluation.curve.map((point) => point.epoch) : [];

    it('ends with the verdict, its curve so far and, where the evaluator returns them, its parameters', async () => {
      const result = await evaluate(pool, { do: 'wait-politely' }, { judge: stopAt(1) });
      expect(outcomeOf(result)).toEqual({ kind: 'stopped', epoch: 1, rule: 'median', detail: 'hopeless' });
      expect(result).toMatchObject({ evaluation: { parameters: 7, curve: [{ epoch: 1 }] } });
    });

    it('also where the evaluator throws the reason of its signal', async () => {
      const result = await evaluate(pool, { do: 'throw-when-aborted' }, { judge: stopAt(1) });
      expect(outcomeOf(result)).toMatchObject({ kind: 'stopped', epoch: 1 });
      expect(result).toMatchObject({ evaluation: { parameters: null, curve: [{ epoch: 1 }] } });
    });

    it('also where it was quicker than the verdict: what it did afterwards is left out', async () => {
      const heard: number[] = [];
      const judge = stopAt(2);
      const report = ({ epoch }: EpochReport) => heard.push(epoch);
      const result = await evaluate(pool, { do: 'complete', epochs: 40 }, { judge, report });
      expect(outcomeOf(result)).toMatchObject({ kind: 'stopped', epoch: 2 });
      expect(epochsOf(result)).toEqual([1, 2]);
      expect(heard).toEqual([1, 2]);
    });

    it('frees its slot as soon as it takes its next step, and keeps its worker', async () => {
      const before = factsOf(await evaluate(pool, { do: 'complete' }))['pid'];
      await evaluate(pool, { do: 'wait-politely' }, { judge: stopAt(1) });
      expect(factsOf(await evaluate(pool, { do: 'complete' }))['pid']).toBe(before);
    });

    it('is ended with its process after the grace time, where it takes no step', async () => {
      const result = await evaluate(pool, { do: 'spin' }, { judge: stopAt(1) });
      expect(outcomeOf(result)).toMatchObject({ kind: 'stopped', epoch: 1 });
      expect(outcomeOf(await evaluate(pool, { do: 'complete' }))).toEqual({ kind: 'completed' });
    });

    it('a job that is cancelled is cancelled, whatever the verdict', async () => {
      const abort = new AbortController();
      const judge = (curve: readonly EpochReport[]) => {
        abort.abort();
        return stopAt(1)(curve);
      };
      const result = await evaluate(pool, { do: 'wait-politely' }, { judge, signal: abort.signal });
      expect(result).toEqual({ kind: 'cancelled' });
    });
  });

  describe('a child’s own failure', () => {
    it('an evaluator that throws is an error with its message and place', async () => {
      const result = await evaluate(pool, { do: 'throw', message: 'no such layer' });
      expect(result).toMatchObject({ kind: 'error', message: expect.stringContaining('no such layer') });
      expect(result).toMatchObject({ message: expect.stringContaining('wilful-evaluator.ts') });
    });

    it.each([
      ['returns garbage', { do: 'return', value: 42 }, 'evaluation'],
      ['returns an accuracy in percent', { do: 'return', value: percent() }, 'curve.0.score.value'],
      ['reports garbage', { do: 'report', value: { epoch: 'one' } }, 'epoch'],
      ['returns what no message can carry', { do: 'return', value: null }, 'evaluation'],
    ] as const)('an evaluator that %s is an error that says what is wrong', async (_, behaviour, named) => {
      expect(await evaluate(pool, behaviour)).toMatchObject({
        kind: 'error',
        message: expect.stringContaining(named),
      });
    });

    it('an architecture that is not data is an error, and the worker lives on', async () => {
      const before = factsOf(await evaluate(pool, { do: 'complete' }))['pid'];
      const result = await pool.evaluate(
        { trial: 0, attempt: 1, seed: 0, architecture: { build: () => 1 } },
        { report() {}, signal: new AbortController().signal },
      );
      expect(result).toMatchObject({ kind: 'error', message: expect.stringContaining('plain data') });
      expect(factsOf(await evaluate(pool, { do: 'complete' }))['pid']).toBe(before);
    });

    it.each([
      ['SIGSEGV', { do: 'signal', signal: 'SIGSEGV', lastWords: 'free(): invalid pointer' }, 'SIGSEGV'],
      ['SIGABRT', { do: 'signal', signal: 'SIGABRT', lastWords: 'free(): invalid pointer' }, 'SIGABRT'],
      [
        'SIGKILL (as by the kernel)',
        { do: 'signal', signal: 'SIGKILL', lastWords: 'free(): inv' },
        'SIGKILL',
      ],
      ['exit', { do: 'exit', code: 3 }, 'code 3'],
      ['a promise rejected unheard', { do: 'reject-later', message: 'lost promise' }, 'lost promise'],
      ['a message that is not ours', { do: 'speak-out-of-turn' }, 'unknown message'],
    ] as const)('%s ends this job only; the worker is replaced', async (_, behaviour, named) => {
      const before = factsOf(await evaluate(pool, { do: 'complete' }))['pid'];
      const result = await evaluate(pool, behaviour);
      expect(result).toMatchObject({ kind: 'crashed', detail: expect.stringContaining(named) });
      if ('lastWords' in behaviour) {
        expect(result).toMatchObject({ detail: expect.stringContaining(behaviour.lastWords) });
      }
      expect(factsOf(await evaluate(pool, { do: 'complete' }))['pid']).not.toBe(before);
    });

    it('an exhausted JavaScript heap is said to be that', async () => {
      vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=80'); // V8's own limit can take a minute to reach
      const small = open();
      await small.ready();
      vi.unstubAllEnvs();
      expect(await evaluate(small, { do: 'exhaust-heap' })).toMatchObject({
        kind: 'crashed',
        detail: expect.stringContaining('heap ran out of memory'),
      });
    });

    it('does not touch the neighbour', async () => {
      const two = open({ workers: 2 });
      await two.ready();
      const neighbour = evaluate(two, { do: 'complete', epochs: 5, epochMs: 60 });
      const crashed = await evaluate(two, { do: 'signal', signal: 'SIGSEGV' });
      expect(crashed.kind).toBe('crashed');
      expect(outcomeOf(await neighbour)).toEqual({ kind: 'completed' });
    });

    it('a worker that dies idle is replaced and no job fails', async () => {
      const first = factsOf(await evaluate(pool, { do: 'die-after-the-end' }))['pid'] as number;
      await expect.poll(() => isAlive(first)).toBe(false);
      expect(factsOf(await evaluate(pool, { do: 'complete' }))['pid']).not.toBe(first);
    });
  });

  describe('limits', () => {
    it('a busy loop is killed at its time limit; the epochs it had reported are kept', async () => {
      const limited = open({ limits: { secondsPerTrial: 0.3 } });
      const result = await evaluate(limited, { do: 'spin' });
      expect(outcomeOf(result)).toEqual({ kind: 'timed-out', limitMs: 300 });
      expect(result.kind === 'evaluated' && result.evaluation.curve).toHaveLength(1);
      expect(outcomeOf(await evaluate(limited, { do: 'complete' }))).toEqual({ kind: 'completed' });
    });

    it('an evaluator that stops when its time is up is timed out, and its worker lives on', async () => {
      const limited = open({ limits: { secondsPerTrial: 0.3 }, graceMs: 10_000 });
      const before = factsOf(await evaluate(limited, { do: 'complete' }))['pid'];
      const result = await evaluate(limited, { do: 'wait-politely' });
      expect(outcomeOf(result)).toEqual({ kind: 'timed-out', limitMs: 300 });
      expect(factsOf(result)['pid']).toBe(before);
    });

    it.runIf(process.platform === 'linux')(
      'memory beyond the limit is an outcome of that child',
      async () => {
        const limited = open({ limits: { memoryMiB: 400 } });
        const result = await evaluate(limited, { do: 'allocate', mebibytes: 4000 });
        expect(outcomeOf(result)).toMatchObject({
          kind: 'out-of-memory',
          detail: expect.stringContaining('limit of 400 MiB'),
        });
        expect(outcomeOf(await evaluate(limited, { do: 'complete' }))).toEqual({ kind: 'completed' });
      },
    );
  });

  describe('cancelling', () => {
    it('an evaluator that stops when asked is cancelled, and its worker lives on', async () => {
      const patient = open({ graceMs: 10_000 });
      const before = factsOf(await evaluate(patient, { do: 'complete' }))['pid'];
      const stop = new AbortController();
      const result = evaluate(
        patient,
        { do: 'wait-politely' },
        { signal: stop.signal, report: () => stop.abort() },
      );
      expect(await result).toEqual({ kind: 'cancelled' });
      expect(factsOf(await evaluate(patient, { do: 'complete' }))['pid']).toBe(before);
    });

    it.each([{ do: 'ignore-abort' }, { do: 'spin' }] as const)(
      'one that does not ($do) is killed after the grace time, and the worker replaced',
      async (behaviour) => {
        const before = factsOf(await evaluate(pool, { do: 'complete' }))['pid'];
        const stop = new AbortController();
        const result = evaluate(pool, behaviour, { signal: stop.signal });
        setTimeout(() => stop.abort(), 50);
        expect(await result).toEqual({ kind: 'cancelled' });
        expect(factsOf(await evaluate(pool, { do: 'complete' }))['pid']).not.toBe(before);
      },
    );

    it('a job that still waits for a slot never begins', async () => {
      const running = evaluate(pool, { do: 'complete', epochMs: 50 });
      const stop = new AbortController();
      const reports: EpochReport[] = [];
      const waiting = evaluate(
        pool,
        { do: 'complete' },
        { signal: stop.signal, report: (epoch) => reports.push(epoch) },
      );
      stop.abort();
      expect(await waiting).toEqual({ kind: 'cancelled' });
      expect((await running).kind).toBe('evaluated');
      expect(reports).toEqual([]);
    });

    it('closing cancels what runs and what waits, and ends the processes', async () => {
      const closing = open({ workers: 2 });
      const pids = await Promise.all(
        [1, 2].map(async () => factsOf(await evaluate(closing, slow))['pid'] as number),
      );
      const jobs = [1, 2, 3].map(() => evaluate(closing, { do: 'ignore-abort' }));
      await closing.close();
      expect(await Promise.all(jobs)).toEqual(Array(3).fill({ kind: 'cancelled' }));
      expect(pids.filter(isAlive)).toEqual([]);
      expect(await evaluate(closing, { do: 'complete' })).toEqual({ kind: 'cancelled' });
    });

    it('what `report` throws ends the job and reaches the caller', async () => {
      const report = () => {
        throw new Error('disk full');
      };
      await expect(evaluate(pool, { do: 'wait-politely' }, { report })).rejects.toThrow('disk full');
      expect(outcomeOf(await evaluate(pool, { do: 'complete' }))).toEqual({ kind: 'completed' });
    });
  });

  describe('starting', () => {
    it('an evaluator that cannot be loaded is refused with its own words and code, once', async () => {
      const countStartsIn = join(directory, 'refused');
      const refuse = 'libtorch was not found. Run npm run setup.';
      const broken = open({ evaluator: evaluator({ refuse, refuseCode: 'TORCH_NOT_FOUND', countStartsIn }) });
      const failure: unknown = await broken.ready().catch((thrown: unknown) => thrown);
      expect(failure).toBeInstanceOf(WorkerStartError);
      expect(failure).toMatchObject({ code: 'TORCH_NOT_FOUND', message: refuse });
      await expect(evaluate(broken, { do: 'complete' })).rejects.toThrow(WorkerStartError);
      expect(readFileSync(countStartsIn, 'utf8').trim().split('\n')).toHaveLength(1);
    });

    it('a process that dies while loading is tried a few times, then refused', async () => {
      const countStartsIn = join(directory, 'died');
      const broken = open({ evaluator: evaluator({ dieOnLoad: true, countStartsIn }) });
      await expect(broken.ready()).rejects.toThrow(/SIGSEGV/);
      expect(readFileSync(countStartsIn, 'utf8').trim().split('\n')).toHaveLength(3);
    });

    it('a worker that dies again and again once it is loaded is given up, not restarted for ever', async () => {
      const countStartsIn = join(directory, 'died-idle');
      const broken = open({ evaluator: evaluator({ dieAfterLoadMs: 30, countStartsIn }) });
      const refusal = () =>
        broken.ready().then(
          () => null,
          (thrown: unknown) => thrown,
        );
      await expect.poll(refusal, { timeout: 50_000 }).toBeInstanceOf(WorkerStartError);
      expect(readFileSync(countStartsIn, 'utf8').trim().split('\n')).toHaveLength(3);
    });

    it.runIf(process.platform === 'linux')(
      'a memory limit below what loading takes is refused at once',
      async () => {
        const narrow = open({ limits: { memoryMiB: 40 } });
        await expect(narrow.ready()).rejects.toMatchObject({ code: 'MEMORY_LIMIT_TOO_LOW' });
      },
    );

    it.runIf(process.platform === 'linux')(
      'the kernel would rather end a worker than the study',
      async () => {
        const { pid } = factsOf(await evaluate(pool, { do: 'complete' }));
        expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()).toBe('500');
      },
    );

    it('a process whose device has failed tells so, and its successor does the next job', async () => {
      const one = open();
      const before = factsOf(await evaluate(one, { do: 'complete' }));
      expect(await evaluate(one, { do: 'lose-device' })).toMatchObject({
        kind: 'error',
        message: expect.stringContaining('illegal memory access'),
      });
      const after = factsOf(await evaluate(one, { do: 'complete' }));
      expect(after['evaluations']).toBe(1);
      expect(after['pid']).not.toBe(before['pid']);
    });

    it('closing while a worker still loads ends the wait for it', async () => {
      const loading = open({ evaluator: evaluator({ loadMs: 60_000 }) });
      const ready = loading.ready();
      const job = evaluate(loading, { do: 'complete' });
      await Promise.all([expect(ready).rejects.toThrow(WorkerStartError), loading.close()]);
      expect(await job).toEqual({ kind: 'cancelled' });
    });

    it('the mathematics libraries are told their threads before they start', async () => {
      const two = open({ workers: 2, threads: 3 });
      expect(factsOf(await evaluate(two, { do: 'read-environment' }))).toMatchObject({
        threads: 3,
        omp: 3,
        openblas: 3,
        mkl: 3,
        passive: 1,
      });
    });
  });
});

const slow: Behaviour = { do: 'complete', epochMs: 50 };

function percent() {
  const score = { split: 'validation', metric: 'accuracy', value: 75 };
  const curve = [{ epoch: 1, trainingLoss: 1, score, elapsedMs: 1 }];
  return { outcome: { kind: 'completed' }, curve, parameters: 1, facts: {} };
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});
