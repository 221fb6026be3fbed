import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Comparison } from '../experiment/compare/compare.ts';
import type { ReportSummary } from '../experiment/compare/report.ts';
import { isUrl } from '../store/open-store.ts';
import { chosenStrategies } from '../study/compared-strategies.ts';
import { DEFAULT_COMPARE } from '../study/config.ts';
import { type LoadedConfig, loadConfig } from '../study/load-config.ts';
import { CompareProgress } from './compare-progress.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { onInterruption } from './interruption.ts';
import { naturalNumber, positiveInteger } from './numbers.ts';
import { locationText, studyLocation } from './open-study.ts';
import { resumeCompareCommand } from './resume-command.ts';
import { table } from './table.ts';

interface CompareOptions {
  readonly strategies?: string;
  readonly seeds?: number;
  readonly firstSeed?: number;
  readonly trials?: number;
  readonly workers?: number;
  readonly out?: string;
  readonly takeOver?: boolean;
  readonly json?: boolean;
}

const PARENT = 'comparison';

/** `nascent compare CONFIG`, `nascent compare STUDY STUDY…`. */
export function registerCompareCommand(program: Command, context: CliContext): void {
  program
    .command('compare')
    .description('Compare strategies over many seeds, or report on studies that were searched already.')
    .argument('<files...>', 'one config (.ts, .js or .json), or study files')
    .option('--strategies <names>', "which, with commas between, instead of the config's", names)
    .option('--seeds <n>', "runs of each strategy, instead of the config's", positiveInteger)
    .option('--first-seed <n>', "the first seed, instead of the config's", naturalNumber)
    .option('--trials <n>', "trials of each run, instead of the config's", positiveInteger)
    .option('--workers <n>', 'runs or children at once (default: the number of cores)', positiveInteger)
    .option('--out <dir>', `where runs and report are kept (default: ${PARENT}/NAME-OF-THE-CONFIG)`)
    .option(
      '--take-over',
      'take the comparison from a process that is known to be gone, for example on another machine',
    )
    .option('--json', 'print a JSON object at the end')
    .addHelpText('after', HELP)
    .action((files: string[], options: CompareOptions) => runCompare(context, files, options));
}

const HELP = `
Every strategy runs once with each seed; runs with one seed are paired. What is there already is not run again: the
same command resumes, more seeds or strategies are added to what is there.

  npx nascent compare examples/nasbench201.config.ts --strategies paper,random --seeds 20
  npx nascent compare a.db b.db --out comparison/studies

Ctrl-C keeps every whole run (and every child that was trained) and says how to resume.
Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.`;

function names(text: string): string {
  if (text.split(',').every((name) => name.trim() !== '')) return text;
  throw new InvalidArgumentError('expected names with commas between, for example paper,random');
}

const isConfig = (file: string): boolean => !isUrl(file) && /\.(ts|mts|js|mjs|json)$/.test(file);

async function runCompare(
  context: CliContext,
  files: readonly string[],
  options: CompareOptions,
): Promise<void> {
  const [first = '', ...others] = files;
  const configs = files.filter(isConfig);
  if (configs.length === 0) return reportOnStudies(context, files, options);
  if (others.length === 0) return compareConfig(context, first, options);
  throw new CliFailure(
    'COMPARE_ARGUMENTS',
    configs.length === files.length
      ? `compare takes one config, found ${files.length}: ${files.join(', ')}. Give one, or study files only.`
      : `compare takes one config or study files, not both: ${configs.join(', ')} ` +
          `${configs.length === 1 ? 'is a config' : 'are configs'}, the rest are studies.`,
    { exitCode: 2 },
  );
}

async function compareConfig(context: CliContext, file: string, options: CompareOptions): Promise<void> {
  const loaded = await loadConfig(file, { cwd: context.cwd });
  const out = resolve(context.cwd, options.out ?? `${PARENT}/${nameOf(file)}`);
  const progress = new CompareProgress(context);
  const interruption = onInterruption(() =>
    progress.say('stopping: dropping the runs under way (Ctrl-C again ends at once)'),
  );
  let result: Comparison;
  try {
    // Only now: commands that read a study need not load what runs one.
    const { compare } = await import('../experiment/compare/compare.ts');
    result = await compare(configOf(loaded), {
      out,
      configDirectory: loaded.directory,
      strategies: strategiesOf(loaded, options.strategies),
      seeds: options.seeds,
      firstSeed: options.firstSeed,
      trials: options.trials,
      workers: options.workers,
      signal: interruption.signal,
      onEvent: progress.see,
      takeOver: options.takeOver === true,
    });
  } finally {
    progress.end();
    interruption.end();
  }
  const { report, interrupted, database, wanted, runs } = result;
  if (options.json)
    printJson(context, { comparison: database, interrupted, wanted, runs: runs.length, report });
  else if (report !== null) printReport(context, report, database);
  if (!interrupted) return;
  const command = resumeCompareCommand(file, locationText(context, out), options);
  throw new CliFailure(
    'INTERRUPTED',
    `interrupted; ${runs.length} of ${wanted} runs are saved. Resume with:\n\n  ${command}\n`,
    { exitCode: 130 },
  );
}

/** A config that leaves the number of workers to the default leaves it to that of comparisons. */
function configOf({ config, saysWorkers }: LoadedConfig) {
  if (saysWorkers) return config;
  const { workers: _, ...rest } = config;
  return rest;
}

function strategiesOf({ config }: LoadedConfig, given: string | undefined) {
  if (given === undefined) return undefined;
  const { strategies } = config.compare ?? DEFAULT_COMPARE;
  return chosenStrategies(
    given.split(',').map((name) => name.trim()),
    strategies,
  );
}

/** `examples/nasbench201.config.ts` is called `nasbench201`. */
function nameOf(file: string): string {
  return basename(file).replace(/(\.config)?\.\w+$/, '') || 'config';
}

async function reportOnStudies(
  context: CliContext,
  files: readonly string[],
  options: CompareOptions,
): Promise<void> {
  const { out = `${PARENT}/studies`, json, ...rest } = options;
  const unusable = Object.keys(rest);
  if (unusable.length > 0) {
    const flags = unusable.map((key) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    throw new CliFailure(
      'COMPARE_ARGUMENTS',
      `${flags.join(', ')}: studies were searched already, there is nothing to run. Give --out and --json only.`,
      { exitCode: 2 },
    );
  }
  const { compareStudies } = await import('../experiment/compare/compare-studies.ts');
  const report = await compareStudies(
    files.map((file) => studyLocation(context, file)),
    resolve(context.cwd, out),
  );
  if (json) printJson(context, { comparison: null, interrupted: false, report });
  else printReport(context, report, null);
}

function printReport(context: CliContext, report: ReportSummary, database: string | null): void {
  const { head, rows } = report.table;
  const numbers = head.map((_, column) => column).slice(1);
  context.out(table(head, rows, { rightAlign: numbers, color: context.color }));
  context.out('');
  for (const verdict of report.verdicts) context.out(verdict);
  context.out('');
  for (const file of report.files) context.out(locationText(context, file));
  if (database !== null) context.out(`${locationText(context, database)} (the runs)`);
}
