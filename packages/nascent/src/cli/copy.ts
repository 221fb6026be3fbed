import type { Command } from 'commander';
import { type CopyProgress, type CopySummary, copyStudy } from '../store/copy-study.ts';
import { thisProcess } from '../study/this-process.ts';
import { liveness } from '../trial/owner.ts';
import { type CliContext, printJson } from './context.ts';
import { LiveRegion } from './live-region.ts';
import { locationText, studyLocation } from './open-study.ts';

interface CopyCommandOptions {
  readonly force?: boolean;
  readonly json?: boolean;
}

const HELP = `
A study is a file, or a URL: postgres://USER@HOST:PORT/DATABASE/STUDY. The copy is exact: a search goes on from it as
it would have from the original. FROM stays as it is.

  npx nascent copy nascent.db postgres://me@db.example/nas/cnn
  npx nascent copy postgres://me@db.example/nas/cnn cnn.db`;

/** `nascent copy FROM TO`: a study from one store to another. */
export function registerCopyCommand(program: Command, context: CliContext): void {
  program
    .command('copy')
    .description('Copy a study between files and PostgreSQL servers.')
    .argument('<from>', 'the study: a file or a URL')
    .argument('<to>', 'where to: a file or a URL that does not hold a study of this name yet')
    .option('--force', 'also while somebody runs it: copies what is there at this moment')
    .option('--json', 'print a JSON object')
    .addHelpText('after', HELP)
    .action((from: string, to: string, options: CopyCommandOptions) => runCopy(context, from, to, options));
}

async function runCopy(
  context: CliContext,
  from: string,
  to: string,
  options: CopyCommandOptions,
): Promise<void> {
  const progress = new CopyProgressLine(context);
  const begun = performance.now();
  let summary: CopySummary;
  try {
    summary = await copyStudy(studyLocation(context, from), studyLocation(context, to), {
      judge: (owner) => liveness(owner, thisProcess().machine),
      force: options.force === true,
      onProgress: (each) => progress.see(each),
    });
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - begun) / 1000;
  if (options.json) return printJson(context, { ...summary, seconds });
  const { study, trials, rows } = summary;
  context.out(
    `copied ${study}: ${trials.toLocaleString('en')} trials (${rows.toLocaleString('en')} rows) to ` +
      `${locationText(context, to)} in ${seconds.toFixed(1)} s`,
  );
}

const LIVE_MS = 100;
const PLAIN_MS = 5000;

/** How far the copy is: redrawn in place on a terminal, now and then a line elsewhere; on standard error. */
class CopyProgressLine {
  readonly #context: CliContext;
  readonly #region: LiveRegion | null;
  #saidAt = performance.now();

  constructor(context: CliContext) {
    this.#context = context;
    this.#region = context.interactive ? new LiveRegion(process.stderr) : null;
  }

  see({ table, copied, rows }: CopyProgress): void {
    if (performance.now() - this.#saidAt < (this.#region === null ? PLAIN_MS : LIVE_MS)) return;
    this.#saidAt = performance.now();
    const percent = rows === 0 ? 100 : Math.floor((100 * copied) / rows);
    const line = `${percent} % of ${rows.toLocaleString('en')} rows copied (${table})`;
    if (this.#region === null) this.#context.err(line);
    else this.#region.draw([line]);
  }

  end(): void {
    this.#region?.clear();
  }
}
