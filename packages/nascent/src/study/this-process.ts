import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Machine, type ProcessIdentity, startTimeFromProcStat } from '../trial/owner.ts';

/** Who runs a study, and what it can see of the machine it runs on. */
export interface RunningProcess {
  readonly identity: ProcessIdentity;
  readonly machine: Machine;
}

/** This very process. Boot id and start times are read from `/proc`; '' where there is none. */
export function thisProcess(): RunningProcess {
  const machine: Machine = {
    host: hostname(),
    bootId: textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
    startTimeOf,
  };
  const { host, bootId } = machine;
  return { machine, identity: { host, bootId, pid: process.pid, startTime: startTimeOf(process.pid) ?? '' } };
}

function startTimeOf(pid: number): string | null {
  if (textOf('/proc/self/stat') === null) return exists(pid) ? '' : null;
  const stat = textOf(`/proc/${pid}/stat`);
  return stat === null ? null : startTimeFromProcStat(stat);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'; // somebody else's
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
