import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where to look: all of it injected, so that tests need not change the process. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function processSurroundings(): Surroundings {
  return { cwd: process.cwd(), env: process.env };
}

/** The directory into which data sets are fetched: `NASCENT_DATA`, else `data` in the working directory. */
export function dataDirectory(surroundings: Surroundings = processSurroundings()): string {
  const configured = surroundings.env['NASCENT_DATA'];
  return configured ? resolve(surroundings.cwd, configured) : join(surroundings.cwd, 'data');
}

/**
 * The directories in which a data set is looked for, in order: `NASCENT_DATA/NAME`, `./data/NAME`,
 * `../shared/data/NAME`, all three from the working directory, then the last two from the checkout that this
 * file lies in (a worker or a test may run elsewhere).
 * @param names what its directory may be called: all of them are looked for in one place before the next
 */
export function searchPath(
  names: string | readonly string[],
  surroundings: Surroundings = processSurroundings(),
): readonly string[] {
  const checkout = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
  const places = [
    dataDirectory(surroundings),
    join(surroundings.cwd, 'data'),
    resolve(surroundings.cwd, '../shared/data'),
    join(checkout, 'data'),
    resolve(checkout, '../shared/data'),
  ];
  const spellings = typeof names === 'string' ? [names] : names;
  return [...new Set(places.flatMap((place) => spellings.map((name) => join(place, name))))];
}

/** The first directory of `directories` (or its subdirectory `inner`) for which `recognises` is true; else null. */
export function firstWith(
  directories: readonly string[],
  inner: readonly string[],
  recognises: (directory: string) => boolean,
): string | null {
  for (const directory of directories) {
    for (const candidate of [directory, ...inner.map((name) => join(directory, name))]) {
      if (recognises(candidate)) return candidate;
    }
  }
  return null;
}

/** Whether a file is there, plain or gzipped. */
export function hasDataFile(path: string): boolean {
  return existsSync(path) || existsSync(`${path}.gz`);
}
