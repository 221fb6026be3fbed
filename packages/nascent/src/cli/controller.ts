import type { Command } from 'commander';
import type { ControlOptions } from '../experiment/control.ts';
import { isUrl, shownLocation } from '../store/open-store.ts';
import { loadConfig } from '../study/load-config.ts';
import type { ControllerSummary } from '../study/shared/run-controller.ts';
import { openWorkerLog } from '../workers/worker-log.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { controllerLine } from './controller-view.ts';
import { deviceNames } from './device-option.ts';
import { onInterruption } from './interruption.ts';
import { logFormat } from './log-options.ts';
import { positiveInteger } from './numbers.ts';
import { DEFAULT_STUDY, locationText, studyLocation } from './open-study.ts';
import { controllerCommand, quoted } from './resume-command.ts';
import { rewardText, scoreText } from './search-view.ts';
import { trialJson } from './trial-json.ts';

interface ControllerOptions {
  readonly study?: string;
  readonly replicas: number;
  readonly trials?: number;
  readonly device?: string;
  readonly stay?: boolean;
  readonly heartbeat: number;
  readonly log: 'json' | 'text';
  readonly json?: boolean;
}

/** `nascent controller [CONFIG] --study URL`: controller replicas of a shared study. */
export function registerControllerCommand(program: Command, context: CliContext): void {
  program
    .command('controller')
    .description('Run controller replicas of a shared study; begins it if it is given a config.')
    .argument('[config]', 'a .ts, .js or .json file; without it the study goes on as it is')
    .option('--study <url>', `the study, on a PostgreSQL server or in a file (default: ${DEFAULT_STUDY})`)
    .option('--replicas <n>', 'K: replicas in this process', positiveInteger, 1)
    .option('--trials <n>', "trials in all, instead of the config's", positiveInteger)
    .option(
      '--device <device>',
      'with a study file: where to train, as of nascent search (default: cpu)',
      deviceNames,
    )
    .option('--stay', 'on a server: stay when the study is complete, and go on when it gets more trials')
    .option(
      '--heartbeat <ms>',
      'milliseconds between signs of life; silent for three, it is dead',
      positiveInteger,
      5000,
    )
    .option('--log <format>', 'text, or json: an object a line', logFormat, 'text')
    .option('--json', 'print a JSON object at the end')
    .addHelpText('after', HELP)
    .action((config: string | undefined, options: ControllerOptions) => runCommand(context, config, options));
}

const HELP = `
On a server, workers join from any machine, and so may further controllers:

  nascent controller search.config.ts --study postgres://me@db.example.org/nas/first --replicas 2
  nascent worker --study postgres://me@db.example.org/nas/first --slots 4

The password comes from PGPASSWORD or ~/.pgpass. With a study file, replicas and workers are this one process.
Ctrl-C or SIGTERM leaves: other controllers take over what is in training; the same command comes back.
Exit codes: 0 the study is complete, 1 failed, 2 bad usage, 130 left before that.`;

async function runCommand(
  context: CliContext,
  configFile: string | undefined,
  options: ControllerOptions,
): Promise<void> {
  const { study, replicas, trials, device, stay, heartbeat, log: format } = options;
  const location = studyLocation(context, study);
  const loaded =
    configFile === undefined
      ? null
      : await loadConfig(configFile, { cwd: context.cwd, override: { trials } });
  if (isUrl(location) ? device !== undefined : stay === true) {
    throw new CliFailure(
      'OPTION_NOT_HERE',
      isUrl(location)
        ? '--device is for a study file: on a server children are trained by nascent worker, which takes it'
        : '--stay is for a server: nobody else can give a study file more trials meanwhile',
      { exitCode: 2 },
    );
  }
  const log = openWorkerLog({ format, level: 'info', write: context.err }).about({
    study: shownLocation(location),
  });
  const interruption = onInterruption(() =>
    log.log('info', 'leaving', 'leaving (Ctrl-C again ends at once)'),
  );
  const controlOptions: ControlOptions = {
    study: location,
    configDirectory: loaded?.directory ?? context.cwd,
    replicas,
    trials,
    device,
    stay,
    deadAfterMs: 3 * heartbeat,
    signal: interruption.signal,
    onOpened: ({ begun, trials: all, shards, slots }) => {
      const kept = shards === 0 ? 'its strategy’s state in one piece' : `its controller in ${shards} shards`;
      const where = slots === 0 ? 'workers join with nascent worker' : `${slots} worker slots here`;
      const text = `${begun ? 'begins' : 'goes on with'} a study of ${all} trials, ${kept}; ${where}`;
      log.log('info', 'opened', text, { begun, trials: all, shards, slots });
    },
    onEvent: (event) => {
      const line = controllerLine(event);
      log.log(line.level, line.event, line.text, line.facts);
    },
  };
  try {
    // Only now: who does something else need not load the queue.
    const { control } = await import('../experiment/control.ts');
    const summary = await control(loaded?.config ?? null, controlOptions);
    report(context, summary, location, options);
    if (!summary.complete) {
      const command = controllerCommand(locationText(context, location), options);
      throw new CliFailure(
        'INTERRUPTED',
        `left before the study was complete. Come back with:\n\n  ${command}\n`,
        { exitCode: 130 },
      );
    }
  } finally {
    interruption.end();
  }
}

function report(
  context: CliContext,
  { complete, best, strategy }: ControllerSummary,
  location: string,
  { json }: ControllerOptions,
): void {
  if (json) {
    const found = best === null ? null : trialJson(best);
    printJson(context, { study: shownLocation(location), complete, best: found, strategy });
    return;
  }
  if (!complete) return;
  const study = quoted(locationText(context, location));
  context.out(`The study is complete: ${strategy.samples} samples, ${strategy.updates} updates.`);
  if (best === null) {
    context.out('No trial has completed.');
    return;
  }
  context.out(
    `best: trial ${best.number}, ${best.score?.split ?? 'validation'} ${best.score?.metric ?? 'score'} ` +
      `${scoreText(best.score)}, reward ${rewardText(best.reward)}`,
  );
  if (strategy.note !== undefined) context.out(strategy.note);
  context.out(`next: npx nascent show best --study ${study}`);
}
