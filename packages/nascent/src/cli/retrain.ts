import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { FinalPlan, RetrainPlan, RetrainSubject } from '../experiment/retrain/plan.ts';
import type { RetrainResult } from '../experiment/retrain/retrain.ts';
import { svgOfCell } from '../export/drawing/cell-svg.ts';
import { svgOfNetwork } from '../export/drawing/svg.ts';
import {
  decodeTokens,
  hashOf,
  looksLikeTokens,
  parseConvolutionalArchitecture,
  parseRecurrentArchitecture,
  spaceOfTokens,
} from '../search-space/index.ts';
import { shownLocation } from '../store/open-store.ts';
import { parseConfig, type StudyConfig } from '../study/config.ts';
import { loadConfig } from '../study/load-config.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { onInterruption } from './interruption.ts';
import { naturalNumber, positiveInteger } from './numbers.ts';
import { DEFAULT_STUDY, locationText, readStudy, studyLocation } from './open-study.ts';
import { exportCommand, retrainCommand } from './resume-command.ts';
import { RetrainProgress } from './retrain-progress.ts';
import { resultJson, resultLines } from './retrain-result.ts';
import { findTrial, type NamedTrial, TRIAL_HELP } from './trial-argument.ts';

interface RetrainOptions {
  readonly study?: string;
  readonly config?: string;
  readonly out?: string;
  readonly workers?: number;
  readonly seed?: number;
  readonly takeOver?: boolean;
  readonly json?: boolean;
}

const PARENT = 'retrained';

/** `nascent retrain TRIAL`: grid search over recipes, final training, the test set once, a report. */
export function registerRetrainCommand(program: Command, context: CliContext): void {
  program
    .command('retrain')
    .description(
      'Finish a network or a cell: grid search over its recipe, long training, one test, a report.',
    )
    .argument('<trial>', TRIAL_HELP)
    .option('--study <file>', `the study (default: ${DEFAULT_STUDY})`)
    .option('--config <file>', "a config to take in the place of the study's")
    .option('--out <dir>', `where everything is kept (default: ${PARENT}/trial-N)`)
    .option('--workers <n>', "runs of the grid at once, instead of the config's", positiveInteger)
    .option('--seed <n>', "seed of the retraining, instead of the config's", naturalNumber)
    .option(
      '--take-over',
      'take the retraining from a process that is known to be gone, for example on another machine',
    )
    .option('--json', 'print a JSON object at the end')
    .addHelpText('after', HELP)
    .action((trial: string, options: RetrainOptions) => runRetrain(context, trial, options));
}

const HELP = `
The config's key "retrain" says what the grid varies and how long the final training is; without it up to 12 runs
(of a cell 16) of as many epochs as in the search, then 4 times as many. The grid is a study of its own:

  npx nascent retrain best --study nascent.db
  npx nascent trials --study ${PARENT}/trial-12/grid.db

The same command resumes what was interrupted or killed. When all is done it shows the stored result; the test set is
not opened again. Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.`;

async function runRetrain(context: CliContext, argument: string, options: RetrainOptions): Promise<void> {
  const { subject, config, configDirectory, directoryName, fromStudy } = await subjectOf(
    context,
    argument,
    options,
  );
  // What trains is loaded only now: the words above are checked without the engine.
  const { planRetraining } = await import('../experiment/retrain/plan.ts');
  const { retrain } = await import('../experiment/retrain/retrain.ts');
  const { workers, seed } = options;
  const plan = planRetraining(subject, config, {
    ...(workers === undefined ? {} : { workers }),
    ...(seed === undefined ? {} : { seed }),
  });
  refuseLostData(plan, configDirectory);
  const out = resolve(context.cwd, options.out ?? join(PARENT, directoryName));
  const trial = subject.label.startsWith('trial ') ? directoryName.replace('trial-', '') : argument;
  const command = retrainCommand(trial, { ...options, out: locationText(context, out) });
  const progress = new RetrainProgress(context);
  const interruption = onInterruption(() => progress.say('stopping (Ctrl-C again ends at once)'));
  let result: RetrainResult;
  try {
    result = await retrain(plan, {
      out,
      configDirectory,
      searchStudy: fromStudy ? studyLocation(context, options.study) : null,
      draw: (network) => svgOfNetwork(network, { title: subject.label }),
      drawCell: (cell) => svgOfCell(cell, { title: subject.label }),
      command,
      threads: threadsOf(context.env),
      signal: interruption.signal,
      onEvent: progress.see,
      takeOver: options.takeOver === true,
    });
  } finally {
    progress.end();
    interruption.end();
  }
  if (options.json) printJson(context, resultJson(subject, out, result));
  else if (result.interrupted === null) printResult(context, trial, result, options);
  if (result.interrupted === null) return;
  throw new CliFailure('INTERRUPTED', `${interruptedText(result, plan)} Resume with:\n\n  ${command}\n`, {
    exitCode: 130,
  });
}

/** OpenMP's variable says how many threads are wanted; else all cores. */
function threadsOf(env: NodeJS.ProcessEnv): number | undefined {
  const wanted = Number(env['OMP_NUM_THREADS']);
  return Number.isSafeInteger(wanted) && wanted > 0 ? wanted : undefined;
}

interface Subject {
  readonly subject: RetrainSubject;
  readonly config: StudyConfig;
  readonly configDirectory: string;
  /** Below `retrained/`. */
  readonly directoryName: string;
  /** Whether there is a study whose log is to hear of the test. */
  readonly fromStudy: boolean;
}

async function subjectOf(context: CliContext, argument: string, options: RetrainOptions): Promise<Subject> {
  const { named } = await findTrial(context, argument, options.study, async () => null);
  const loaded = options.config === undefined ? null : await loadConfig(options.config, { cwd: context.cwd });
  const stored = loaded === null ? await studyConfigOf(context, named, options.study) : null;
  const config = loaded?.config ?? stored;
  if (config === null || config === undefined) throw new Error('neither a config nor a study was read');
  return {
    ...networkOf(named, argument),
    config,
    configDirectory: loaded?.directory ?? context.cwd,
    fromStudy: named.kind === 'trial' || stored !== null,
  };
}

async function studyConfigOf(
  context: CliContext,
  named: NamedTrial,
  study: string | undefined,
): Promise<StudyConfig> {
  const location = studyLocation(context, study);
  const written =
    named.kind === 'trial'
      ? named.study.config
      : await readStudy(context, study, async (_, { config }) => config);
  return parseConfig(written, `the config of the study in ${shownLocation(location)}`);
}

function networkOf(named: NamedTrial, argument: string): Pick<Subject, 'subject' | 'directoryName'> {
  if (named.kind === 'trial') {
    const { number, architecture, tokens } = named.trial;
    const label = `trial ${number}`;
    return {
      subject: { label, architecture: trainable(architecture, label), tokens },
      directoryName: `trial-${number}`,
    };
  }
  const { tokens } = named;
  const space = spaceOfTokens(tokens);
  const known = !looksLikeTokens(argument);
  const decoded: unknown = space.decode(decodeTokens(tokens, space));
  const architecture = trainable(decoded, known ? argument : 'the network of a token string');
  const what = architecture.kind === 'convolutional' ? 'network' : 'cell';
  return {
    subject: { label: known ? argument : `the ${what} of a token string`, architecture, tokens },
    directoryName: known ? argument : `tokens-${hashOf(tokens).slice(0, 8)}`,
  };
}

function trainable(architecture: unknown, label: string): RetrainSubject['architecture'] {
  const kind =
    typeof architecture === 'object' && architecture !== null && 'kind' in architecture
      ? architecture.kind
      : null;
  if (kind === 'convolutional') return parseConvolutionalArchitecture(architecture);
  if (kind === 'recurrent-cell' || kind === 'native-cell') return parseRecurrentArchitecture(architecture);
  throw new CliFailure(
    'NOT_RETRAINABLE',
    `${label} cannot be retrained: it is ${kind === null ? 'of a space of your own' : `a network of kind ${JSON.stringify(kind)}`}, ` +
      'and only convolutional networks (evaluator "image-classifier") and recurrent cells ("language-model") are trained here.',
  );
}

/** A study keeps no path of its config, which relative paths of data start from. */
function refuseLostData({ final }: RetrainPlan, configDirectory: string): void {
  for (const path of pathsOf(final)) {
    const found = resolve(configDirectory, path);
    if (isAbsolute(path) || existsSync(found) || existsSync(`${found}.gz`)) continue;
    throw new CliFailure(
      'DATASET_NOT_FOUND',
      `the config names its data as ${JSON.stringify(path)}, relative to itself, and there is no ` +
        `${found}. Start the command in the directory of the config, or name the config: --config FILE`,
    );
  }
}

/** Files and directories that the options of the data set name. */
function pathsOf(final: FinalPlan): readonly string[] {
  const dataset = (final.kind === 'classifier' ? final.classifier : final.languageModel)['dataset'] ?? {};
  return Object.entries(dataset).flatMap(([name, path]) =>
    ['path', 'validationPath', 'testPath'].includes(name) && typeof path === 'string' ? [path] : [],
  );
}

function interruptedText({ interrupted, runs }: RetrainResult, plan: RetrainPlan): string {
  switch (interrupted) {
    case 'grid': {
      const done = runs.filter(({ reward }) => reward !== null).length;
      return `interrupted; ${done} of ${plan.gridRuns} runs of the grid are saved.`;
    }
    case 'final':
      return 'interrupted in the final training, which goes on from its last checkpoint, if it came to one.';
    default:
      return 'interrupted before the test; the trained network is saved.';
  }
}

function printResult(
  context: CliContext,
  trial: string,
  result: RetrainResult,
  options: RetrainOptions,
): void {
  const { final, test, stored, files } = result;
  if (final === null || test === null) return;
  if (stored)
    context.out(`Retrained already; tested at ${test.openedAt}. The test set was not opened again.`);
  for (const line of resultLines(final, test)) context.out(line);
  context.out('');
  for (const file of files) context.out(locationText(context, file));
  context.out('');
  context.out('next:');
  context.out(`  ${exportCommand(trial, options)}`);
}
