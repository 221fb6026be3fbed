/**
 * Who runs a study on one machine, and whether that process still lives. Pure: `study/this-process.ts` probes.
 *
 * A pid alone is not enough: it is used again, and means nothing after a reboot or on another machine. Boot id
 * and start time tell the processes apart, so a dead owner's trials can be taken back at once, without a lease
 * that has to run out.
 */
export interface ProcessIdentity {
  readonly host: string;
  /** Names the machine's current boot; '' where the system tells none. */
  readonly bootId: string;
  readonly pid: number;
  /** When the process started, in the system's own unit, only compared; '' where the system tells none. */
  readonly startTime: string;
}

/** Where a machine stands at the moment: what liveness is judged by. */
export interface Machine {
  readonly host: string;
  readonly bootId: string;
  /** Start time of the process with this pid ('' if it runs but the system does not tell), null if none runs. */
  startTimeOf(pid: number): string | null;
}

/**
 * - `alive`: that very process runs here.
 * - `dead`: it does not; what it was doing may be taken back.
 * - `elsewhere`: it belongs to another machine, about which nothing can be known from here.
 */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

export function liveness(owner: ProcessIdentity, machine: Machine): Liveness {
  // Two containers of one machine share its boot but not their processes: the host name keeps them apart.
  if (owner.host !== machine.host) return 'elsewhere';
  if (owner.bootId !== '' && machine.bootId !== '' && owner.bootId !== machine.bootId) return 'dead';
  const startTime = machine.startTimeOf(owner.pid);
  if (startTime === null) return 'dead';
  if (startTime === '' || owner.startTime === '') return 'alive'; // cannot tell a used-again pid: be careful
  return startTime === owner.startTime ? 'alive' : 'dead';
}

/**
 * Field 22 (`starttime`, clock ticks since boot) of `/proc/<pid>/stat`.
 *
 * The command name in field 2 may itself hold spaces and brackets, so fields are counted from the last one.
 * @returns null if the text is not such a line, or the process is a zombie: dead, only not yet collected
 */
export function startTimeFromProcStat(stat: string): string | null {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  const [state] = fields;
  const startTime = fields[19]; // field 3 is the first after the name
  if (startTime === undefined || !/^\d+$/.test(startTime) || state === 'Z' || state === 'X') return null;
  return startTime;
}

/** For people, for example `pid 4711 on host ada`. */
export function describeOwner(owner: ProcessIdentity): string {
  return `pid ${owner.pid} on host ${owner.host}`;
}
