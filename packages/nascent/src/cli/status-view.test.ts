import { describe, expect, it } from 'vitest';
import { statusText } from './status-view.ts';
import { type StudyStatus, stalenessOf } from './study-status.ts';

const ada = { host: 'ada', bootId: 'boot', pid: 17, startTime: '5' };
const bob = { ...ada, host: 'bob', pid: 18 };
const capability = { slots: 2, threads: 4, device: 'cuda:0', version: '0.1.0', datasetChecksum: null };
const idle = { running: [], finished: 3, failed: 1, lastError: null };
const none = { queued: 0, running: 0, completed: 0, stopped: 0, diverged: 0, failed: 0, cancelled: 0 };

const alone: StudyStatus = {
  location: 'nascent.db',
  name: 'study',
  strategy: 'evolution',
  createdAt: '2026-11-24T10:00:00.000Z',
  at: '2026-11-24T12:30:00.000Z',
  wanted: 100,
  trials: { ...none, completed: 40, failed: 1, running: 2 },
  throughput: [
    { minutes: 1, perMinute: 2 },
    { minutes: 10, perMinute: 1.46 },
    { minutes: 60, perMinute: 12.4 },
  ],
  queue: { waiting: 0, active: 2 },
  owner: { ...ada, since: '2026-11-24T10:00:00.000Z', liveness: 'alive' },
  shared: null,
  failures: [{ trial: 7, what: 'worker process ended by SIGKILL' }],
  errors: [],
};

const shared: StudyStatus = {
  ...alone,
  location: 'postgres://me@db/nas/study',
  owner: null,
  failures: [],
  errors: [{ id: 3, at: '2026-11-24T11:00:00.000Z', kind: 'worker-failed', detail: { message: 'no data' } }],
  shared: {
    shards: 20,
    accumulate: 10,
    baseline: 0.25,
    gradients: 5,
    staleness: { mean: 1.25, median: 1, p90: 3, max: 7 },
    replicas: [
      { replica: 1, owner: ada, sequence: 12, silentMs: 900 },
      { replica: 2, owner: bob, sequence: 3, silentMs: 40_000 },
      { replica: 3, owner: null, sequence: 8, silentMs: 90_000 },
    ],
    workers: [
      {
        worker: 'a',
        owner: ada,
        capability,
        state: 'working',
        joinedAt: '',
        silentMs: 1000,
        activity: { ...idle, running: [41, 42] },
      },
      {
        worker: 'b',
        owner: bob,
        capability,
        state: 'working',
        joinedAt: '',
        silentMs: 20_000,
        activity: { ...idle, lastError: 'cannot reach it' },
      },
      ...[1, 2, 3, 4, 5].map((pid) => ({
        worker: `w${pid}`,
        owner: { ...ada, pid },
        capability,
        state: 'left' as const,
        joinedAt: '',
        silentMs: 100_000,
        activity: idle,
      })),
    ],
  },
};

describe('nascent status', () => {
  it('of a study of one process says who runs it', () => {
    expect(statusText(alone, { color: false }).split('\n')).toEqual([
      'study  nascent.db',
      'strategy   evolution, begun 2 h 30 min ago',
      'trials     41 of 100 done: 2 running, 40 completed, 1 failed',
      'finished   per minute: 2.0 in the last minute, 1.5 in the last 10 minutes, 12 in the last hour',
      'queue      0 waiting, 2 being evaluated',
      'run by     pid 17 on host ada since 2026-11-24T10:00:00.000Z',
      '',
      'errors',
      '  trial 7: worker process ended by SIGKILL',
    ]);
  });

  it('of a shared study lists replicas and workers, and marks those who are silent or have left', () => {
    const lines = statusText(shared, { color: false }).split('\n');
    expect(lines).toContain(
      'controller 20 shards, 10 gradients an update, baseline 0.2500, 5 pushes; staleness mean 1.3, median 1, 90 % 3, max 7',
    );
    const table = lines.map((line) => line.replace(/ {2,}/g, '  '));
    expect(table.map((line) => line.trim())).toContain('1  running  pid 17 on host ada  12  1 s ago');
    expect(table).toContain('ada 17  working  2  4  cuda:0  41 42  3  1  1 s ago');
    expect(table).toContain('bob 18  silent  2  4  cuda:0  –  3  1  20 s ago');
    expect(table).toContain('ada 5  left  2  4  cuda:0  –  3  1  1 min 40 s ago');
    expect(lines).toContain('and 2 that have left before');
    expect(lines.slice(-2)).toEqual([
      '  worker bob 18: cannot reach it',
      '  2026-11-24 11:00:00 worker-failed: no data',
    ]);
  });

  it('says how to go on where nobody has joined yet', () => {
    const none = shared.shared === null ? null : { ...shared.shared, replicas: [], workers: [] };
    const text = statusText({ ...shared, shared: none }, { color: false });
    expect(text).toContain('No controller replica yet: nascent controller --study URL');
    expect(text).toContain('No worker yet: nascent worker --study URL');
  });
});

describe('staleness', () => {
  it('is told by mean, median, 90th percentile and maximum', () => {
    expect(stalenessOf([])).toBeNull();
    expect(stalenessOf([4, 0, 1, 2, 3, 5, 6, 7, 8, 9])).toEqual({ mean: 4.5, median: 4, p90: 8, max: 9 });
  });
});
