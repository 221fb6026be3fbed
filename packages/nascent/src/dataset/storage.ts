import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetError } from './errors.ts';

/** What a failed write means; other errors come back as they are. */
export function storageError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new DatasetError(
        'DISK_FULL',
        `the disk or quota is full: ${path} could not be written whole, and nothing was kept of it. Free some space, or set NASCENT_DATA to a directory on another disk.`,
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ENOENT':
      return new DatasetError(
        'DATA_DIRECTORY_UNUSABLE',
        `${path} cannot be written. Make the directory writable, or set NASCENT_DATA to one that is.`,
        { cause: error },
      );
    default:
      return error;
  }
}

/** Writes a whole file and waits until it is on the disk. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    const file = await open(path, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw storageError(error, path);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what killed fetches left in `parent`: staging directories whose process is gone. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const pid = /^\.fetch-.+-(\d+)$/.exec(entry)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(parent, entry), { recursive: true, force: true });
  }
}

/**
 * Builds `parent/name` whole or not at all: `build` fills a hidden directory beside it, which then takes the
 * name in one step. What stood there before is moved aside, to `NAME.replaced-N`, never deleted.
 * @returns where the old directory went; null if there was none
 */
export async function replaceDirectory(
  parent: string,
  name: string,
  build: (directory: { readonly result: string; readonly scratch: string }) => Promise<void>,
): Promise<string | null> {
  const staging = join(parent, `.fetch-${name}-${process.pid}`);
  const [result, scratch] = [join(staging, 'result'), join(staging, 'scratch')];
  try {
    await mkdir(parent, { recursive: true });
    await removeAbandoned(parent);
    await rm(staging, { recursive: true, force: true });
    await mkdir(result, { recursive: true });
    await mkdir(scratch);
  } catch (error) {
    throw storageError(error, parent);
  }
  try {
    await build({ result, scratch });
    const target = join(parent, name);
    const aside = await moveAside(parent, name);
    try {
      await rename(result, target);
    } catch (error) {
      throw storageError(error, target);
    }
    return aside;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function moveAside(parent: string, name: string): Promise<string | null> {
  const entries = await readdir(parent);
  if (!entries.includes(name)) return null;
  let number = 1;
  while (entries.includes(`${name}.replaced-${number}`)) number++;
  const aside = join(parent, `${name}.replaced-${number}`);
  await rename(join(parent, name), aside);
  return aside;
}
