import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import { ConfigInvalidError, parseConfig, type StudyConfig } from './config.ts';
import { importModule } from './import-module.ts';

/** A config with where it was found. */
export interface LoadedConfig {
  readonly config: StudyConfig;
  /** Absolute path of the file. */
  readonly path: string;
  /** Its directory: relative paths in the config start here. */
  readonly directory: string;
  /** Whether it says how many workers, rather than leaving that to the default. */
  readonly saysWorkers: boolean;
}

export interface LoadConfigOptions {
  /** A relative path starts here; the working directory by default. */
  readonly cwd?: string;
  /** What the command line sets over the config. */
  readonly override?: {
    readonly trials?: number | undefined;
    readonly workers?: number | undefined;
    readonly seed?: number | undefined;
  };
}

/**
 * Reads a config: `.ts`, `.js`, `.mjs` (default export) or `.json`.
 * @throws ConfigInvalidError, ModuleNotLoadedError: with the file and the cause
 */
export async function loadConfig(path: string, options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  const { cwd = process.cwd(), override = {} } = options;
  const absolute = resolve(cwd, path);
  const written = await readConfig(absolute, path);
  const set = Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined));
  const merged = isObject(written) ? { ...written, ...set } : written;
  return {
    config: parseConfig(merged, path),
    path: absolute,
    directory: dirname(absolute),
    saysWorkers: isObject(merged) && merged['workers'] !== undefined,
  };
}

async function readConfig(absolute: string, path: string): Promise<unknown> {
  const extension = extname(absolute);
  if (!['.json', '.ts', '.mts', '.js', '.mjs'].includes(extension)) {
    throw new ConfigInvalidError(path, [`its name ends in "${extension}"; expected .ts, .js, .mjs or .json`]);
  }
  const text = await textOf(absolute, path);
  if (extension === '.json') {
    try {
      return JSON.parse(text);
    } catch (thrown) {
      throw new ConfigInvalidError(path, [`it is not JSON: ${messageOf(thrown)}`]);
    }
  }
  const { default: exported } = await importModule(absolute);
  if (isObject(exported)) return exported;
  throw new ConfigInvalidError(path, [
    'it has no default export that is an object; write export default defineConfig({ … })',
  ]);
}

async function textOf(absolute: string, path: string): Promise<string> {
  try {
    return await readFile(absolute, 'utf8');
  } catch (thrown) {
    const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    throw new ConfigInvalidError(path, [missing ? `there is no file ${absolute}` : messageOf(thrown)]);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
