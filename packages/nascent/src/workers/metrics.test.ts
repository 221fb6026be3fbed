import { describe, expect, it } from 'vitest';
import { inTime, metricsText } from './metrics.ts';
import { openMetricsServer } from './metrics-server.ts';
import { WorkerTally } from './worker-tally.ts';

const facts = { study: 'a "study"', worker: 'ada-1-f00', version: '0.1.0', device: 'cpu', slots: 2 };

describe('metrics of a worker', () => {
  it('count what became of jobs, and how long evaluations took', () => {
    let nowMs = 0;
    const tally = new WorkerTally(() => nowMs);
    tally.begin({ number: 1, attempt: 1 });
    tally.begin({ number: 2, attempt: 1 });
    nowMs = 1500;
    tally.end({ number: 1, attempt: 1 }, 'finished');
    tally.beat();
    tally.retried();
    nowMs = 2000;
    expect(metricsText(facts, tally, { waiting: 5, active: 1 }).split('\n')).toEqual([
      '# HELP nascent_worker_info What this worker is; always 1.',
      '# TYPE nascent_worker_info gauge',
      'nascent_worker_info{study="a \\"study\\"",worker="ada-1-f00",version="0.1.0",device="cpu"} 1',
      '# HELP nascent_worker_slots Children trained at once at most.',
      '# TYPE nascent_worker_slots gauge',
      'nascent_worker_slots 2',
      '# HELP nascent_worker_running_trials Children in training.',
      '# TYPE nascent_worker_running_trials gauge',
      'nascent_worker_running_trials 1',
      '# HELP nascent_worker_jobs_total Attempts of trials by what became of them; requeued is a child that died or threw.',
      '# TYPE nascent_worker_jobs_total counter',
      'nascent_worker_jobs_total{end="finished"} 1',
      'nascent_worker_jobs_total{end="requeued"} 0',
      'nascent_worker_jobs_total{end="handed-back"} 0',
      'nascent_worker_jobs_total{end="taken-back"} 0',
      'nascent_worker_jobs_total{end="obsolete"} 0',
      '# HELP nascent_worker_evaluation_seconds Wall-clock time of evaluations.',
      '# TYPE nascent_worker_evaluation_seconds summary',
      'nascent_worker_evaluation_seconds_sum 1.5',
      'nascent_worker_evaluation_seconds_count 1',
      '# HELP nascent_worker_store_retries_total How often the store was asked again because the database did not answer.',
      '# TYPE nascent_worker_store_retries_total counter',
      'nascent_worker_store_retries_total 1',
      '# HELP nascent_worker_heartbeat_age_seconds Time since the database last took a heartbeat.',
      '# TYPE nascent_worker_heartbeat_age_seconds gauge',
      'nascent_worker_heartbeat_age_seconds 0.5',
      '# HELP nascent_queue_jobs Jobs of the whole study.',
      '# TYPE nascent_queue_jobs gauge',
      'nascent_queue_jobs{state="waiting"} 5',
      'nascent_queue_jobs{state="active"} 1',
      '',
    ]);
  });

  it('leave out what is not known', () => {
    const text = metricsText(facts, new WorkerTally(), null);
    expect(text).not.toContain('heartbeat_age');
    expect(text).not.toContain('nascent_queue_jobs');
  });

  it('are served beside a sign of life', async () => {
    const read = async () => 'a 1\n';
    const server = await openMetricsServer({ host: '127.0.0.1', port: 0, read });
    try {
      const at = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
      const metrics = await at('/metrics');
      expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(await metrics.text()).toBe('a 1\n');
      expect((await at('/healthz')).status).toBe(200);
      expect((await at('/')).status).toBe(404);
      await expect(openMetricsServer({ host: '127.0.0.1', port: server.port, read })).rejects.toMatchObject({
        code: 'METRICS_PORT',
      });
      await expect(openMetricsServer({ host: '127.0.0.1', port: 70_000, read })).rejects.toMatchObject({
        code: 'METRICS_PORT',
      });
    } finally {
      await server.close();
    }
  });
});

it('what the database does not tell in time is left out of the metrics', async () => {
  expect(await inTime(Promise.resolve(3), 1000)).toBe(3);
  expect(await inTime(new Promise(() => {}), 10)).toBeNull();
  expect(await inTime(Promise.reject(new Error('gone')), 1000)).toBeNull();
});
