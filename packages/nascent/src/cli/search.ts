import type { Command } from 'commander';
import type { SearchResult } from '../experiment/search.ts';
import { shownLocation } from '../store/open-store.ts';
import { loadConfig } from '../study/load-config.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { deviceNames } from './device-option.ts';
import { onInterruption } from './interruption.ts';
import { naturalNumber, positiveInteger } from './numbers.ts';
import { DEFAULT_STUDY, locationText, studyLocation } from './open-study.ts';
import { quoted, resumeCommand } from './resume-command.ts';
import { SearchProgress } from './search-progress.ts';
import { duration, rewardText, scoreText } from './search-view.ts';
import { inputOf, terminalWidth } from './show.ts';
import { drawableOf, drawnInTerminal } from './show-drawing.ts';
import { trialJson } from './trial-json.ts';

interface SearchOptions {
  readonly study?: string;
  readonly trials?: number;
  readonly workers?: number;
  readonly seed?: number;
  readonly device?: string;
  readonly takeOver?: boolean;
  readonly json?: boolean;
}

/** `nascent search CONFIG`: runs or resumes a study. */
export function registerSearchCommand(program: Command, context: CliContext): void {
  program
    .command('search')
    .description('Search for an architecture; resumes the study if it was begun before.')
    .argument('<config>', 'a .ts, .js or .json file')
    .option('--study <file>', `where the study is kept (default: ${DEFAULT_STUDY})`)
    .option('--trials <n>', "trials in all, instead of the config's", positiveInteger)
    .option('--workers <n>', "children trained at once, instead of the config's", positiveInteger)
    .option('--seed <n>', "seed of a new study, instead of the config's", naturalNumber)
    .option(
      '--device <device>',
      'where to train: cpu, cuda, cuda:1; of several, cuda:0,cuda:1, workers take turns (default: cpu)',
      deviceNames,
    )
    .option(
      '--take-over',
      'take the study from a process that is known to be gone, for example on another machine',
    )
    .option('--json', 'print a JSON object at the end')
    .addHelpText('after', CONFIG_HELP)
    .action((config: string, options: SearchOptions) => runSearch(context, config, options));
}

/** Evaluators whose children `nascent retrain` takes further. */
const retrainable: ReadonlySet<string> = new Set(['image-classifier', 'language-model']);

const CONFIG_HELP = `
A config names what to use; every key is checked:

  import { defineConfig } from 'nascent';
  export default defineConfig({
    space: { use: 'convolutional', arguments: { layers: 6 } },
    evaluator: { use: 'image-classifier', options: { dataset: { name: 'cifar10' }, epochs: 10 } },
    strategy: { use: 'policy-gradient', options: { preset: 'paper' } },
    trials: 800,
  });

Ctrl-C saves and says how to resume; a second Ctrl-C ends at once (nothing completed is lost).
Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.`;

async function runSearch(context: CliContext, configFile: string, options: SearchOptions): Promise<void> {
  const { config, directory } = await loadConfig(configFile, {
    cwd: context.cwd,
    override: { trials: options.trials, workers: options.workers, seed: options.seed },
  });
  const location = studyLocation(context, options.study);
  const progress = new SearchProgress(context);
  const interruption = onInterruption(() =>
    progress.say('stopping: handing back the children in training (Ctrl-C again ends at once)'),
  );
  try {
    // Only now: commands that read a study need not load what runs one.
    const { search } = await import('../experiment/search.ts');
    const result = await search(config, {
      study: location,
      configDirectory: directory,
      device: options.device,
      signal: interruption.signal,
      takeOver: options.takeOver === true,
      onEvent: progress.see,
    });
    progress.end();
    report(context, result, options, { location, trained: retrainable.has(config.evaluator.use) });
    if (result.interrupted) {
      const command = resumeCommand(configFile, locationText(context, location), options);
      throw new CliFailure(
        'INTERRUPTED',
        `interrupted; everything completed is saved. Resume with:\n\n  ${command}\n`,
        { exitCode: 130 },
      );
    }
  } finally {
    progress.end();
    interruption.end();
  }
}

function report(
  context: CliContext,
  result: SearchResult,
  options: SearchOptions,
  { location, trained }: { readonly location: string; readonly trained: boolean },
): void {
  const { best, progress, strategy, trials, interrupted } = result;
  if (options.json) {
    printJson(context, {
      study: shownLocation(location),
      interrupted,
      trials: trials.length,
      best: best === null ? null : trialJson(best),
      strategy,
      learningProgress: progress,
      seconds: result.elapsedMs / 1000,
    });
    return;
  }
  const line = (text = ''): void => context.out(text);
  const terminal = trials.filter((trial) => trial.reward !== null).length;
  line();
  line(`${terminal} trials in ${shownLocation(location)}, this run took ${duration(result.elapsedMs)}`);
  if (best === null) {
    line('No trial has completed yet.');
  } else {
    line();
    line(
      `best: trial ${best.number}, ${best.score?.split ?? 'validation'} ${best.score?.metric ?? 'score'} ${scoreText(best.score)}, reward ${rewardText(best.reward)}`,
    );
    const drawable = drawableOf(best.architecture, inputOf(best));
    if (drawable.kind !== 'other') {
      line();
      line(drawnInTerminal(drawable, { width: terminalWidth(), color: context.color }));
    }
  }
  line();
  if (progress !== null) {
    const { first, last, difference } = progress;
    line(`mean reward, first third  ${intervalText(first)}`);
    line(`             last third   ${intervalText(last)}`);
    line(`             difference   ${intervalText(difference)}`);
    line(progress.words);
  }
  const stopped = trials.filter((trial) => trial.state === 'stopped').length;
  if (stopped > 0) {
    line(
      `${stopped} of ${trials.length} children were stopped early. Rewards of shorter trainings do not compare with`,
    );
    line('those of whole ones, so nothing is said of whether rewards rose.');
  }
  line(movementText(strategy));
  if (interrupted || best === null) return;
  const study = quoted(locationText(context, location));
  line();
  line('next:');
  line(`  npx nascent trials --study ${study} --top 10`);
  line(`  npx nascent show best --study ${study}`);
  if (trained) line(`  npx nascent retrain best --study ${study}`);
}

function intervalText({ estimate, low, high }: { estimate: number; low: number; high: number }): string {
  return `${estimate.toFixed(4)}  [${low.toFixed(4)}, ${high.toFixed(4)}] (95 % bootstrap)`;
}

function movementText({ kl, entropy, updates, note }: SearchResult['strategy']): string {
  if (kl === null) return note ?? 'This strategy does not learn.';
  const moved = `policy after ${updates} updates: moved ${kl.toFixed(3)} nats per sample from where it began (KL)`;
  const spread = entropy === null ? '' : `, entropy ${entropy.toFixed(2)} nats`;
  return `${moved}${spread}${note === undefined ? '' : `: ${note}`}`;
}
