import { describe, expect, it } from 'vitest';
import { liveness, type Machine, type ProcessIdentity, startTimeFromProcStat } from './owner.ts';

const owner: ProcessIdentity = { host: 'ada', bootId: 'boot-1', pid: 4711, startTime: '1000' };
const machine = (facts: Partial<Machine> & { processes?: Record<number, string> }): Machine => ({
  host: 'ada',
  bootId: 'boot-1',
  startTimeOf: (pid) => facts.processes?.[pid] ?? null,
  ...facts,
});

describe('liveness of a study’s owner', () => {
  it.each([
    ['the same process', machine({ processes: { 4711: '1000' } }), 'alive'],
    ['no process with its pid', machine({ processes: {} }), 'dead'],
    ['another process that got its pid', machine({ processes: { 4711: '2000' } }), 'dead'],
    ['the machine has been rebooted', machine({ bootId: 'boot-2', processes: { 4711: '1000' } }), 'dead'],
    ['another host', machine({ host: 'bob', processes: { 4711: '1000' } }), 'elsewhere'],
    ['a system that tells no start time', machine({ bootId: '', processes: { 4711: '' } }), 'alive'],
  ])('%s', (_, here, expected) => {
    expect(liveness(owner, here)).toBe(expected);
  });
});

describe('start time in /proc/<pid>/stat', () => {
  const after =
    '1 4711 4711 0 -1 4194560 5000 0 0 0 12 3 0 0 20 0 11 0 8675309 1000000 2000 18446744073709551615';

  it('is field 22, whatever the process calls itself', () => {
    expect(startTimeFromProcStat(`4711 (node) S ${after}`)).toBe('8675309');
    expect(startTimeFromProcStat(`4711 (a) b (c) R 1 2) S ${after}`)).toBe('8675309');
  });

  it('a zombie is dead, and so is what is no such line', () => {
    expect(startTimeFromProcStat(`4711 (node) Z ${after}`)).toBeNull();
    expect(startTimeFromProcStat('')).toBeNull();
    expect(startTimeFromProcStat('4711 (node) S 1 2')).toBeNull();
  });
});
