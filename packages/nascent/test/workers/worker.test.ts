import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { postgresForTests } from '../postgres-server.ts';
import {
  architectures,
  heartbeatMs,
  journalFile,
  SharedStudy,
  type StudyOptions,
  until,
  wilfulEvaluator,
} from './shared-study.ts';

const postgres = await postgresForTests();
const open: { dispose(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.dispose();
});

async function begin(what: readonly unknown[], options: StudyOptions = {}): Promise<SharedStudy> {
  if (postgres === null) throw new Error('this suite is skipped without PostgreSQL');
  const shared = await SharedStudy.begin(postgres, what, options);
  open.push(shared);
  return shared;
}

const here = { timeout: 60_000 };

describe.skipIf(postgres === null)('nascent worker', here, () => {
  it('two workers evaluate 40 trials once each, and leave when the study is complete', async () => {
    const journal = await journalFile();
    open.push({ dispose: journal.remove });
    const shared = await begin(architectures(40, 1, 60), { evaluatorOptions: { journal: journal.path } });
    const workers = [shared.worker(['--slots', '3']), shared.worker(['--slots', '2'])];
    expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    const trials = await shared.trials();
    expect(trials.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(Array(40).fill('completed 1'));
    const lines = await journal.read();
    expect(lines.map((line) => Number(line.split(' ')[0])).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    expect(new Set(lines.map((line) => line.split(' ')[1])).size).toBe(2);
    expect(await shared.queue.counts()).toEqual({ waiting: 0, active: 0 });
    const records = await shared.store.shared.workers(shared.study.id);
    expect(records.map(({ state, capability }) => [state, capability.device])).toEqual([
      ['left', 'cpu'],
      ['left', 'cpu'],
    ]);
    expect(records.reduce((sum, { activity }) => sum + activity.finished, 0)).toBe(40);
  });

  /** Two workers that have joined, then one trial, which one of them takes. */
  async function holderAndOther(architecture: unknown, words: readonly string[] = []) {
    const shared = await begin([architecture], { dispatched: false });
    const workers = [shared.worker(words), shared.worker(words)];
    await until(() => workers.every((worker) => worker.said('joined').length === 1), 'both have joined');
    await shared.dispatch();
    await until(async () => (await shared.trials())[0]?.state === 'running', 'the trial runs');
    const holder = workers.find((worker) => worker.said('trial-begun').length === 1);
    const other = workers.find((worker) => worker !== holder);
    if (holder === undefined || other === undefined) throw new Error('one of the two has it');
    return { shared, holder, other };
  }

  it('a killed worker’s trial runs again as attempt 2, soon', async () => {
    const { shared, holder, other } = await holderAndOther({ number: 1, epochs: 4, epochMs: 500 });
    await sleep(heartbeatMs); // it has renewed its hold on the job
    holder.kill('SIGKILL');
    const again = async () => (await shared.trials())[0]?.attempt === 2;
    // Three heartbeats are 15 s at their default of 5 s; the rest is what a busy machine takes.
    expect(await until(again, 'the trial runs again')).toBeLessThan(3 * heartbeatMs + 1500);
    expect(await other.ended).toEqual({ code: 0, signal: null });
    expect((await shared.trials()).map(({ state, attempt }) => [state, attempt])).toEqual([['completed', 2]]);
    expect(other.said('trial-ended').map(({ end }) => end)).toEqual(['taken-back', 'finished']);
  });

  it('a suspended worker’s trial goes to another one, and its late result is refused', async () => {
    const { shared, holder, other } = await holderAndOther({ number: 1, epochs: 1, epochMs: 1200 }, [
      '--stay',
    ]);
    holder.kill('SIGSTOP');
    await until(() => other.said('trial-ended').length === 2, 'the other one has done it');
    const [before] = await shared.trials();
    expect([before?.state, before?.attempt]).toEqual(['completed', 2]);
    holder.kill('SIGCONT');
    await until(() => holder.said('trial-ended').length === 1, 'the sleeper is done');
    expect(holder.said('trial-ended')[0]).toMatchObject({ trial: 1, attempt: 1, end: 'obsolete' });
    expect(await shared.trials()).toEqual([before]);
  });

  it('SIGTERM hands back what is in training at once, and leaves with 0', async () => {
    const shared = await begin(
      architectures(2, 1, 60_000).map((one) => ({ do: 'wait-politely', ...one })),
      {
        evaluator: wilfulEvaluator,
      },
    );
    const worker = shared.worker(['--slots', '2', '--allow', wilfulEvaluator]);
    await until(
      async () => (await shared.trials()).every(({ epochs }) => epochs > 0),
      'both are in training',
    );
    worker.kill('SIGTERM');
    const ended = worker.ended;
    const tookMs = await until(async () => {
      const trials = await shared.trials();
      return trials.every(({ state }) => state === 'queued');
    }, 'both are handed back');
    expect(tookMs).toBeLessThan(2000);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect([...(await shared.queue.held())].sort()).toEqual(['1-2', '2-2']);
    expect((await shared.store.shared.workers(shared.study.id)).map(({ state }) => state)).toEqual(['left']);
  });

  it('with --finish it first finishes what it has', async () => {
    const shared = await begin(architectures(2, 3, 400));
    const worker = shared.worker(['--finish']);
    await until(() => worker.said('trial-begun').length === 1, 'the first trial is begun');
    worker.kill('SIGTERM');
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect((await shared.trials()).map(({ state, attempt }) => `${state} ${attempt}`)).toEqual([
      'completed 1',
      'queued 0',
    ]);
  });

  it('an evaluator that cannot work ends the worker, and its trial is queued again', async () => {
    const shared = await begin([{ do: 'throw', message: 'no such file' }], { evaluator: wilfulEvaluator });
    const worker = shared.worker(['--allow', wilfulEvaluator]);
    expect(await worker.ended).toEqual({ code: 1, signal: null });
    expect(worker.output).toContain('the evaluator threw on trial 1');
    expect((await shared.trials()).map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(['queued 1']);
    expect([...(await shared.queue.held())]).toEqual(['1-2']);
  });

  it('tells Prometheus what it does', async () => {
    const shared = await begin(architectures(1, 1, 10), { trials: 2 });
    const worker = shared.worker(['--metrics', '0']);
    await until(() => worker.said('trial-ended').length === 1, 'the trial is done');
    const { port } = worker.said('metrics')[0] ?? {};
    const text = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
    expect(text).toContain('nascent_worker_jobs_total{end="finished"} 1\n');
    expect(text).toContain('nascent_queue_jobs{state="waiting"} 0\n');
    expect((await fetch(`http://127.0.0.1:${String(port)}/healthz`)).status).toBe(200);
  });
});
