import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, NascentError } from '../../errors.ts';

/** A report could not be written where it should be. */
export class ReportNotWrittenError extends NascentError {
  constructor(path: string, cause: unknown) {
    super(
      'REPORT_NOT_WRITTEN',
      `cannot write ${path}: ${messageOf(cause)}. Name a directory that you may write to (--out).`,
      { cause },
    );
  }
}

/**
 * Writes a file whole: whoever reads it finds the old content or the new, never a part, also after a crash.
 * @throws ReportNotWrittenError
 */
export async function replaceFile(directory: string, name: string, content: string): Promise<void> {
  const path = join(directory, name);
  const written = join(directory, `.${name}.${process.pid}.tmp`);
  try {
    await writeFile(written, content);
    await rename(written, path);
  } catch (cause) {
    await rm(written, { force: true });
    throw new ReportNotWrittenError(path, cause);
  }
}
