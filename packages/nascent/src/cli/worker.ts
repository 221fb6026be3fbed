import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { type LogLevel, logLevels, openWorkerLog } from '../workers/worker-log.ts';
import type { CliContext } from './context.ts';
import { deviceNames } from './device-option.ts';
import { onInterruption } from './interruption.ts';
import { logFormat } from './log-options.ts';
import { naturalNumber, positiveInteger } from './numbers.ts';
import { studyLocation } from './open-study.ts';

interface WorkerOptions {
  readonly study: string;
  readonly slots: number;
  readonly threads?: number;
  readonly device?: string;
  readonly directory?: string;
  readonly allow: readonly string[];
  readonly shared?: string;
  readonly finish?: boolean;
  readonly stay?: boolean;
  readonly heartbeat: number;
  readonly log: 'json' | 'text';
  readonly logLevel: LogLevel;
  readonly metrics?: number;
  readonly metricsHost: string;
}

/** `nascent worker --study URL`: evaluates trials of a shared study. */
export function registerWorkerCommand(program: Command, context: CliContext): void {
  program
    .command('worker')
    .description('Join a shared study from this machine and train its children.')
    .requiredOption('--study <url>', 'the study, on a PostgreSQL server')
    .option('--slots <n>', 'children trained at once, each in its own process', positiveInteger, 1)
    .option('--threads <n>', 'engine threads of each child (default: cores ÷ slots)', positiveInteger)
    .option(
      '--device <device>',
      'where to train: cpu, cuda, cuda:1; of several, cuda:0,cuda:1, the slots take turns (default: cpu)',
      deviceNames,
    )
    .option(
      '--directory <dir>',
      "relative paths of the study's evaluator start here (default: where you are)",
    )
    .option(
      '--allow <module>',
      'an evaluator that is not built in and may run here; again for more',
      also,
      [],
    )
    .option('--shared <dir>', 'a folder that all machines see, for checkpoints of long children')
    .option('--finish', 'when asked to leave, first finish what is in training')
    .option('--stay', 'stay when the study is complete')
    .option(
      '--heartbeat <ms>',
      'milliseconds between signs of life; silent for two to three, its trials go to others',
      positiveInteger,
      5000,
    )
    .option('--log <format>', 'text, or json: an object a line', logFormat, 'text')
    .option('--log-level <level>', `the least that is said: ${logLevels.join(', ')}`, logLevel, 'info')
    .option('--metrics <port>', 'serve /metrics (Prometheus) and /healthz there', naturalNumber)
    .option('--metrics-host <host>', 'the address to serve them at', '127.0.0.1')
    .addHelpText('after', HELP)
    .action((options: WorkerOptions) => runWorker(context, options));
}

const HELP = `
The study has to be shared: nascent controller CONFIG --study URL begins one. Any number of workers may join, on any
machines, at any time:

  nascent worker --study postgres://me@db.example.org/nas/first --slots 4

Leave the password out of the URL, where everybody on this machine could read it: set PGPASSWORD, or use ~/.pgpass.
Data are looked for on this machine, and must be those of the study. Code comes from this machine only.
SIGTERM or Ctrl-C hands back what is in training and leaves (a second one ends at once; nothing completed is lost).
Exit codes: 0 left, or the study is complete; 1 failed; 2 bad usage; 130 ended at once.`;

async function runWorker(context: CliContext, options: WorkerOptions): Promise<void> {
  const { study, directory, shared, finish, stay, heartbeat, metrics, metricsHost } = options;
  const log = openWorkerLog({ format: options.log, level: options.logLevel, write: context.err });
  // Only now: who does something else need not load the queue.
  const { runRemoteWorker } = await import('../workers/remote-worker.ts');
  const interruption = onInterruption(() => {});
  try {
    await runRemoteWorker({
      study: studyLocation(context, study),
      slots: options.slots,
      threads: options.threads,
      device: options.device,
      directory: resolve(context.cwd, directory ?? '.'),
      allow: options.allow,
      sharedFolder: shared === undefined ? undefined : resolve(context.cwd, shared),
      finishOnLeave: finish === true,
      stay: stay === true,
      heartbeatMs: heartbeat,
      signal: interruption.signal,
      log,
      metrics: metrics === undefined ? undefined : { host: metricsHost, port: metrics },
    });
  } finally {
    interruption.end();
  }
}

function also(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function logLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) throw new InvalidArgumentError(`expected one of ${logLevels.join(', ')}`);
  return level;
}
