import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Node's arguments that run a program of this package: its options, then its file. */
export interface OwnEntry {
  readonly options: readonly string[];
  readonly file: string;
}

/**
 * A file of this package to be started as a process of its own. From dist it is JavaScript; from the sources
 * (tests, development) it is TypeScript and needs tsx.
 * @param name without its extension, for example `./worker-main`
 * @param from the `import.meta.url` of the caller
 */
export function ownEntry(name: string, from: string): OwnEntry {
  const sources = from.endsWith('.ts');
  return {
    options: sources ? ['--import', pathToFileURL(createRequire(from).resolve('tsx')).href] : [],
    file: fileURLToPath(new URL(`${name}${sources ? '.ts' : '.js'}`, from)),
  };
}
