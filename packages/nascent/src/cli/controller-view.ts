import { assertNever } from '../assert-never.ts';
import { messageOf } from '../errors.ts';
import type { ReplicaEvent } from '../study/shared/replica-event.ts';
import type { LogFields } from '../workers/worker-log.ts';

/** A line of a log: for machines its name and facts, for people its words. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn';
  readonly event: string;
  readonly facts: LogFields;
  readonly text: string;
}

/** What the replicas of a controller did, as a line of its log. */
export function controllerLine(event: ReplicaEvent): LogLine {
  const line = (level: LogLine['level'], text: string, facts: LogFields) => ({
    level,
    event: event.kind,
    facts,
    text,
  });
  switch (event.kind) {
    case 'replicas-claimed': {
      const replicas = ranges(event.replicas);
      return line('info', `runs ${event.replicas.length === 1 ? 'replica' : 'replicas'} ${replicas}`, {
        replicas,
      });
    }
    case 'drawn': {
      const { replica } = event;
      const trials = ranges(event.trials);
      return line('info', `replica ${replica} drew ${trials}`, { replica, trials });
    }
    case 'pushed': {
      const { replica, sequence } = event;
      const staleness = mean(event.staleness);
      const behind = staleness === null ? '' : `, ${staleness.toFixed(1)} updates behind`;
      const trials = ranges(event.trials);
      const text = `replica ${replica} learned from ${trials} (push ${sequence}${behind})`;
      return line('info', text, { replica, sequence, trials, staleness });
    }
    case 'adopted': {
      const { replica } = event;
      const trials = ranges(event.trials);
      return line('info', `replica ${replica} takes over ${trials} of replicas that are gone`, {
        replica,
        trials,
      });
    }
    case 'swept': {
      const trials = ranges(event.jobs.map(({ number }) => number));
      return line('info', `the queue did not have ${trials}: added`, { trials });
    }
    case 'replica-lost': {
      const { replica } = event;
      const text = `replica ${replica} was silent for too long and is another process's now`;
      return line('warn', text, { replica });
    }
    case 'push-refused':
      return line('warn', messageOf(event.error), { replica: event.replica });
    case 'unavailable':
    case 'keeping-failed':
    case 'release-failed':
      return line('warn', messageOf(event.error), {});
    case 'staying':
      return line('info', 'the study is complete; staying until it has more trials', {});
    default:
      return assertNever(event);
  }
}

/** Ascending numbers in short: `3 to 8, 11`. */
export function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from} to ${to}`))
    .join(', ');
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
