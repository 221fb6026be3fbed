import { join } from 'node:path';
import { isUrl, shownLocation } from '../store/open-store.ts';

/** What was given on the command line over the config. */
export interface GivenOptions {
  readonly trials?: number;
  readonly workers?: number;
  readonly seed?: number;
  readonly device?: string;
}

/**
 * The command that resumes an interrupted search, with every option that it was begun with: without its `--seed`
 * the study would be refused as another one.
 */
export function resumeCommand(
  config: string,
  study: string,
  { trials, workers, seed, device }: GivenOptions,
): string {
  const options = Object.entries({ trials, workers, seed, device }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(String(value))}`],
  );
  const words = ['npx nascent search', quoted(config), '--study', quoted(shownLocation(study)), ...options];
  return withHint(words.join(' '), study);
}

/** What was given to `nascent controller` and is not the study's own by now. */
export interface GivenControllerOptions {
  readonly replicas: number;
  readonly device?: string;
  readonly stay?: boolean;
}

/** The command by which a controller comes back; its config and number of trials are the study's own by now. */
export function controllerCommand(study: string, { replicas, device, stay }: GivenControllerOptions): string {
  const words = ['npx nascent controller', '--study', quoted(shownLocation(study)), `--replicas ${replicas}`];
  if (device !== undefined) words.push(`--device ${quoted(device)}`);
  if (stay === true) words.push('--stay');
  return withHint(words.join(' '), study);
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
  const { config, out, workers, seed } = given;
  const study = shown(given.study);
  const options = Object.entries({ study, config, out, workers, seed }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(String(value))}`],
  );
  return withHint(['npx nascent retrain', quoted(trial), ...options].join(' '), study);
}

/** The command that exports what was retrained. @param given the retraining's options */
export function exportCommand(trial: string, { study: given, out }: GivenRetrainOptions): string {
  const study = shown(given);
  const model = out === undefined ? undefined : join(out, 'model.safetensors');
  const options = Object.entries({ study, model }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  );
  const words = ['npx nascent export', quoted(trial), '--format onnx,pytorch', '--out exported', ...options];
  return withHint(words.join(' '), study);
}

/** A study as a command may show it: a URL without its password. */
function shown(study: string | undefined): string | undefined {
  return study === undefined ? undefined : shownLocation(study);
}

/** What a URL cannot show is said in a comment, which a shell skips. */
function withHint(command: string, study: string | undefined): string {
  if (study === undefined || !isUrl(study)) return command;
  return `${command} # the password: PGPASSWORD or ~/.pgpass`;
}

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
