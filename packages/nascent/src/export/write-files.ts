import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, NascentError } from '../errors.ts';

/** A file to be written. */
export interface ExportedFile {
  readonly name: string;
  readonly content: Uint8Array | string;
}

/** The exported files cannot be written where they were to go. */
export class ExportNotWrittenError extends NascentError {
  constructor(directory: string, cause: unknown) {
    super(
      'EXPORT_NOT_WRITTEN',
      `the export cannot be written to ${directory}: ${messageOf(cause)}. Name a directory (--out) that you may ` +
        'write to, or that can be made, on a disk with room.',
    );
  }
}

/**
 * Writes the files, the directory too where it is missing. Each takes the place of an older one only when it is whole.
 * @returns their paths
 * @throws ExportNotWrittenError
 */
export async function writeFiles(
  directory: string,
  files: readonly ExportedFile[],
): Promise<readonly string[]> {
  try {
    await makeDirectory(directory);
    const paths: string[] = [];
    for (const { name, content } of files) {
      const path = join(directory, name);
      const temporary = join(directory, `.${name}.${process.pid}.tmp`);
      try {
        await writeFile(temporary, content);
        await rename(temporary, path);
      } finally {
        await rm(temporary, { force: true });
      }
      paths.push(path);
    }
    return paths;
  } catch (cause) {
    throw new ExportNotWrittenError(directory, cause);
  }
}

/** With its parents. Node's own `recursive` never ends below a directory like /proc, where nothing can be made. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause)) throw cause;
    if (cause.code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (cause.code !== 'ENOENT' || dirname(path) === path) throw cause;
    await makeDirectory(dirname(path));
    await mkdir(path);
  }
}
