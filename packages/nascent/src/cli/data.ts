import { join, resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import {
  catalogue,
  type DatasetName,
  datasetNames,
  type Fetched,
  type FetchProgress,
  fetchDataset,
  locateDataset,
  parseDatasetName,
  pennTreebank,
  verifyDataset,
} from '../dataset/index.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { notFree, verifyPennTreebankCommand } from './data-penn-treebank.ts';
import { megabytes, printCatalogue, printVerification } from './data-view.ts';
import { LiveRegion } from './live-region.ts';

interface ListOptions {
  readonly json?: boolean;
}
interface FetchCommandOptions {
  readonly dir?: string;
  readonly replace?: boolean;
  readonly json?: boolean;
}
interface VerifyCommandOptions {
  readonly dir?: string;
  readonly json?: boolean;
}

/** `nascent data list|fetch|verify`: the data sets that have a name. */
export function registerDataCommand(program: Command, context: CliContext): void {
  const data = program.command('data').description('List, fetch and verify data sets.');
  const name = () => new Argument('<name>', 'the data set').choices([...datasetNames, pennTreebank.name]);

  data
    .command('list')
    .description('List the known data sets and where they were found.')
    .option('--json', 'print a JSON array')
    .action((options: ListOptions) => {
      const entries = catalogue(context);
      if (options.json) printJson(context, entries);
      else printCatalogue(context, entries);
    });
  data
    .command('fetch')
    .description('Fetch a data set, convert it to its official layout and verify it.')
    .addArgument(name())
    .option('--dir <dir>', 'put it into DIR/NAME (default: NASCENT_DATA, or ./data)')
    .option('--replace', 'fetch it even where a sound copy or subset is; the old files are moved aside')
    .option('--json', 'print a JSON object')
    .action((given: string, options: FetchCommandOptions) => {
      if (given === pennTreebank.name) throw notFree(context);
      return fetchCommand(context, parseDatasetName(given), options);
    });
  data
    .command('verify')
    .description('Read every file of a data set and compare it with what is known of it.')
    .addArgument(name())
    .option('--dir <dir>', 'where it is: DIR/NAME or DIR (default: the search path)')
    .option('--json', 'print a JSON object')
    .action((given: string, options: VerifyCommandOptions) =>
      given === pennTreebank.name
        ? verifyPennTreebankCommand(context, options)
        : verifyCommand(context, parseDatasetName(given), options),
    );
}

async function fetchCommand(
  context: CliContext,
  name: DatasetName,
  options: FetchCommandOptions,
): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort(interrupted(name));
  process.once('SIGINT', interrupt);
  const progress = context.interactive ? liveProgress() : plainProgress(context);
  try {
    const fetched = await fetchDataset(name, {
      ...(options.dir === undefined ? {} : { directory: options.dir }),
      replace: options.replace === true,
      onProgress: progress.show,
      signal: stop.signal,
      surroundings: context,
    });
    progress.end();
    if (options.json) printJson(context, fetched);
    else printFetched(context, name, fetched);
  } finally {
    progress.end();
    process.removeListener('SIGINT', interrupt);
  }
}

function interrupted(name: DatasetName): CliFailure {
  return new CliFailure(
    'INTERRUPTED',
    `interrupted; nothing of ${name} was kept. Start again with: nascent data fetch ${name}`,
    { exitCode: 130 },
  );
}

function printFetched(context: CliContext, name: DatasetName, fetched: Fetched): void {
  const { verification, source, movedAside } = fetched;
  const { train, test } = verification.examples;
  context.out(
    source === null
      ? `${name} is already in ${verification.path}: ${train} training and ${test} test images`
      : `${name} is in ${verification.path}: ${train} training and ${test} test images, from ${source}, verified`,
  );
  if (movedAside !== null) context.out(`The files that were there are now in ${movedAside}`);
  if (!verification.complete) {
    context.out(`This is not the whole data set. Fetch that with: nascent data fetch ${name} --replace`);
  }
}

async function verifyCommand(
  context: CliContext,
  name: DatasetName,
  options: VerifyCommandOptions,
): Promise<void> {
  const path = options.dir === undefined ? undefined : whereIn(context, name, options.dir);
  const verification = await verifyDataset(name, { path, surroundings: context });
  if (verification === null) {
    throw new CliFailure(
      'DATASET_NOT_FOUND',
      `no files of ${name} ${path === undefined ? 'on the search path' : `in ${path}`}. ` +
        `Get it with: nascent data fetch ${name}, or name its directory with --dir.`,
    );
  }
  if (options.json) printJson(context, verification);
  else printVerification(context, verification, ['training images', 'test images']);
  if (!verification.complete) {
    throw new CliFailure(
      'DATASET_INCOMPLETE',
      `${verification.path} is readable, but not the whole of ${name}: good for trying things, not for results ` +
        `to compare with others'. Get the whole with: nascent data fetch ${name}`,
    );
  }
}

/** `--dir` of `fetch` names the directory above the data set's own; people also name that one itself. */
function whereIn(context: CliContext, name: DatasetName, dir: string): string {
  const own = join(resolve(context.cwd, dir), name);
  return locateDataset(name, { path: own, surroundings: context }) === null ? dir : own;
}

interface ProgressView {
  show(progress: FetchProgress): void;
  end(): void;
}

function liveProgress(): ProgressView {
  const region = new LiveRegion(process.stderr);
  return {
    show(progress) {
      const line = progressLine(progress);
      if (progress.kind === 'downloading') region.draw([line]);
      else region.above(line);
    },
    end: () => region.clear(),
  };
}

/** A line for each step, and one for each tenth of a download. */
function plainProgress(context: CliContext): ProgressView {
  let tenths = 0;
  return {
    show(progress) {
      if (progress.kind === 'downloading') {
        const { receivedBytes, totalBytes } = progress;
        const reached = totalBytes === null ? 0 : Math.floor((10 * receivedBytes) / totalBytes);
        if (reached <= tenths) return;
        tenths = reached;
      } else if (progress.kind === 'source-tried') tenths = 0;
      context.err(progressLine(progress));
    },
    end() {},
  };
}

function progressLine(progress: FetchProgress): string {
  switch (progress.kind) {
    case 'source-tried':
      return `trying ${progress.source}`;
    case 'source-failed':
      return `  ${progress.reason}`;
    case 'downloading': {
      const total = progress.totalBytes === null ? '' : ` of ${megabytes(progress.totalBytes)}`;
      return `  ${megabytes(progress.receivedBytes)}${total}`;
    }
    case 'file-written':
      return `  wrote ${progress.file}`;
    case 'verifying':
      return '  verifying';
  }
}
