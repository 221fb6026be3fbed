import { describe, expect, it } from 'vitest';
import { openWorkerLog } from './worker-log.ts';

const now = () => new Date('2026-11-24T20:15:00.000Z');

describe('the log of a worker', () => {
  it('is an object a line for machines', () => {
    const lines: string[] = [];
    const log = openWorkerLog({ format: 'json', level: 'info', write: (line) => lines.push(line), now });
    log.about({ study: 'first' }).log('warn', 'trial-ended', 'trial 3: requeued', { trial: 3 });
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      {
        time: '2026-11-24T20:15:00.000Z',
        level: 'warn',
        event: 'trial-ended',
        message: 'trial 3: requeued',
        study: 'first',
        trial: 3,
      },
    ]);
  });

  it('is a line of words for people, without what is less urgent than asked for', () => {
    const lines: string[] = [];
    const log = openWorkerLog({ format: 'text', level: 'info', write: (line) => lines.push(line), now });
    log.log('debug', 'trial-begun', 'trial 3: begun');
    log.log('info', 'joined', 'joined');
    expect(lines).toEqual(['20:15:00 info  joined']);
  });
});
