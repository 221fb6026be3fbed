import { createJiti } from 'jiti';
import { messageOf, NascentError } from '../errors.ts';

/** A user's module (config, space, strategy, evaluator) cannot be loaded. */
export class ModuleNotLoadedError extends NascentError {
  constructor(path: string, cause: unknown) {
    const missing = missingPackage(cause);
    super('MODULE_NOT_LOADED', `cannot load ${path}: ${missing ?? messageOf(cause)}`);
    if (missing === null) this.cause = cause;
  }
}

/** A package that is not installed where the module looks for it, in words. */
function missingPackage(cause: unknown): string | null {
  const name = /^Cannot find (?:module|package) '([^'./][^']*)'/.exec(messageOf(cause))?.[1];
  if (name === undefined || name.startsWith('node:')) return null;
  return `it imports the package ${name}, which is not installed there. Run \`npm install ${name}\` in its directory.`;
}

// Node 20 runs no TypeScript: jiti transforms user modules in memory. What they import from packages, Nascent
// itself included, is loaded by Node as always, and so not a second time.
const jiti = createJiti(import.meta.url, {
  interopDefault: false,
  fsCache: false,
  nativeModules: ['nascent', '@nascent/torch'],
});

/**
 * Imports a module by absolute path; `.ts` and what it imports too.
 * @returns its namespace
 * @throws ModuleNotLoadedError with the cause: a syntax error, a missing import, or what the module threw
 */
export async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await jiti.import<Record<string, unknown>>(path);
  } catch (thrown) {
    if (thrown instanceof NascentError) throw thrown; // it speaks for itself
    throw new ModuleNotLoadedError(path, thrown);
  }
}

/**
 * The file that a package specifier means for a module in `directory`.
 * @returns an absolute path or `file:` URL, null if there is no such package
 */
export function resolvePackage(specifier: string, directory: string): string | null {
  return createJiti(`${directory}/`).esmResolve(specifier, { try: true }) ?? null;
}
