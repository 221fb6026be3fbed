import { setTimeout as sleep } from 'node:timers/promises';
import { jobEnds, type WorkerTally } from './worker-tally.ts';

export interface WorkerFacts {
  readonly study: string;
  readonly worker: string;
  readonly version: string;
  readonly device: string;
  readonly slots: number;
}

interface Metric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'summary';
  readonly help: string;
  readonly samples: readonly {
    readonly suffix?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

/**
 * A worker's metrics in Prometheus's text format 0.0.4.
 * @param queue null where it is not known at the moment
 */
export function metricsText(
  { study, worker, version, device, slots }: WorkerFacts,
  tally: WorkerTally,
  queue: { readonly waiting: number; readonly active: number } | null,
): string {
  const age = tally.secondsSinceBeat;
  const metrics: Metric[] = [
    {
      name: 'nascent_worker_info',
      kind: 'gauge',
      help: 'What this worker is; always 1.',
      samples: [{ labels: { study, worker, version, device }, value: 1 }],
    },
    {
      name: 'nascent_worker_slots',
      kind: 'gauge',
      help: 'Children trained at once at most.',
      samples: [{ value: slots }],
    },
    {
      name: 'nascent_worker_running_trials',
      kind: 'gauge',
      help: 'Children in training.',
      samples: [{ value: tally.running.length }],
    },
    {
      name: 'nascent_worker_jobs_total',
      kind: 'counter',
      help: 'Attempts of trials by what became of them; requeued is a child that died or threw.',
      samples: jobEnds.map((end) => ({ labels: { end }, value: tally.ends(end) })),
    },
    {
      name: 'nascent_worker_evaluation_seconds',
      kind: 'summary',
      help: 'Wall-clock time of evaluations.',
      samples: [
        { suffix: '_sum', value: tally.seconds.sum },
        { suffix: '_count', value: tally.seconds.count },
      ],
    },
    {
      name: 'nascent_worker_store_retries_total',
      kind: 'counter',
      help: 'How often the store was asked again because the database did not answer.',
      samples: [{ value: tally.retries }],
    },
    {
      name: 'nascent_worker_heartbeat_age_seconds',
      kind: 'gauge',
      help: 'Time since the database last took a heartbeat.',
      samples: age === null ? [] : [{ value: age }],
    },
    {
      name: 'nascent_queue_jobs',
      kind: 'gauge',
      help: 'Jobs of the whole study.',
      samples:
        queue === null
          ? []
          : [
              { labels: { state: 'waiting' }, value: queue.waiting },
              { labels: { state: 'active' }, value: queue.active },
            ],
    },
  ];
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(metricText)
    .join('');
}

function metricText({ name, kind, help, samples }: Metric): string {
  const lines = samples.map(({ suffix = '', labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ''].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** What `work` comes to; null where it fails, or takes longer than whoever asks for metrics waits. */
export async function inTime<T>(work: Promise<T>, withinMs: number): Promise<T | null> {
  const waiting = new AbortController();
  const late = sleep(withinMs, null, { signal: waiting.signal }).catch(() => null);
  try {
    return await Promise.race([work.catch(() => null), late]);
  } finally {
    waiting.abort();
  }
}
