import { once } from 'node:events';
import { NascentError } from '../errors.ts';

/** What a command may touch of the outside. Tests pass their own. */
export interface CliContext {
  /** One line to standard output, without its line break: results. */
  out(line: string): void;
  /** One line to standard error, without its line break: progress and complaints. */
  err(line: string): void;
  /** Resolves when a slow reader of standard output has room for more; absent: it always has. */
  readonly drained?: () => Promise<void>;
  /** Both standard output and standard error are terminals, so a live view may redraw lines. */
  readonly interactive: boolean;
  /** Colours are wanted on standard output (a terminal, and `NO_COLOR` is not set). */
  readonly color: boolean;
  /** Relative paths of the command line are relative to this directory. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What the shell is told. 0: done; 1: failed; 2: bad usage; 130: interrupted, the state is saved. */
export type ExitCode = 0 | 1 | 2 | 130;

/** Ends a command with a message and an exit code. Any other thrown error ends it with 1. */
export class CliFailure extends NascentError {
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(code, message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The context of this very process. */
export function processContext(): CliContext {
  const interactive = process.stdout.isTTY === true && process.stderr.isTTY === true;
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    async drained() {
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    },
    interactive,
    color: process.stdout.isTTY === true && !process.env['NO_COLOR'],
    cwd: process.cwd(),
    env: process.env,
  };
}

/** `--json`: one document on standard output. Absent values are null; bigints are printed as decimal strings. */
export function printJson(context: CliContext, value: unknown): void {
  context.out(JSON.stringify(value, jsonValue, 2));
}

/** `--json` of very many: an array as `printJson` prints it, but printed page by page and never held whole. */
export async function printJsonArray<T>(
  context: CliContext,
  pages: AsyncIterable<readonly T[]>,
  json: (item: T) => unknown,
): Promise<void> {
  let held: string | null = null; // the page before, whose end depends on whether another one follows
  for await (const page of pages) {
    if (page.length === 0) continue;
    context.out(held === null ? '[' : `${held},`);
    await context.drained?.();
    held = JSON.stringify(page.map(json), jsonValue, 2).slice('[\n'.length, -'\n]'.length);
  }
  if (held === null) context.out('[]');
  else context.out(`${held}\n]`);
}

function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return null; // JSON has no NaN or infinity
  return value;
}
