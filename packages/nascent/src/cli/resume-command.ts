import { join } from 'node:path';

/** What was given on the command line over the config. */
export interface GivenOptions {
  readonly trials?: number;
  readonly workers?: number;
  readonly seed?: number;
}

/**
 * The command that resumes an interrupted search, with every option that it was begun with: without its `--seed`
 * the study would be refused as another one.
 */
export function resumeCommand(
  config: string,
  study: string,
  { trials, workers, seed }: GivenOptions,
): string {
  const options = Object.entries({ trials, workers, seed }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  );
  return ['npx nascent search', quoted(config), '--study', quoted(study), ...options].join(' ');
}

/** What was given to `nascent compare` on the command line. */
export interface GivenCompareOptions {
  readonly strategies?: string;
  readonly seeds?: number;
  readonly firstSeed?: number;
  readonly trials?: number;
  readonly workers?: number;
}

/** The command that resumes an interrupted comparison, with every option that it was begun with. */
export function resumeCompareCommand(config: string, out: string, given: GivenCompareOptions): string {
  const { strategies, seeds, firstSeed, trials, workers } = given;
  const options = Object.entries({ strategies, seeds, 'first-seed': firstSeed, trials, workers }).flatMap(
    ([name, value]) => (value === undefined ? [] : [`--${name} ${quoted(String(value))}`]),
  );
  return ['npx nascent compare', quoted(config), ...options, '--out', quoted(out)].join(' ');
}

/** What was given to `nascent retrain` on the command line. */
export interface GivenRetrainOptions {
  readonly study?: string;
  readonly config?: string;
  readonly out?: string;
  readonly workers?: number;
  readonly seed?: number;
}

/** The command of a retraining, with every option that it was given; the same command resumes it. */
export function retrainCommand(trial: string, given: GivenRetrainOptions): string {
  const { study, config, out, workers, seed } = given;
  const options = Object.entries({ study, config, out, workers, seed }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(String(value))}`],
  );
  return ['npx nascent retrain', quoted(trial), ...options].join(' ');
}

/** The command that exports what was retrained. @param given the retraining's options */
export function exportCommand(trial: string, { study, out }: GivenRetrainOptions): string {
  const model = out === undefined ? undefined : join(out, 'model.safetensors');
  const options = Object.entries({ study, model }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  );
  return ['npx nascent export', quoted(trial), '--format onnx,pytorch', '--out exported', ...options].join(
    ' ',
  );
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
