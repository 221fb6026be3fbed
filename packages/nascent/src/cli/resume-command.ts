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

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
