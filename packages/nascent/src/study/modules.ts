import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tableEvaluators } from '../benchmark/registry.ts';
import { NascentError } from '../errors.ts';
import { builtInSpace, builtInSpaceNames } from '../search-space/built-in.ts';
import type { SpaceOptions } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { spaceOfModule } from '../search-space/space-module.ts';
import type { StrategyFactory } from '../strategy/strategy.ts';
import { importModule, resolvePackage } from './import-module.ts';
import { contentHash } from './module-content.ts';
import type { ModuleKind, ModuleReference } from './module-reference.ts';
import { nearest } from './nearest.ts';

/**
 * The evaluators that a config may name without a module. Imported when asked for, and only then, in the process
 * that evaluates: they load the engine.
 */
export const builtInEvaluators: ReadonlyMap<string, () => Promise<Readonly<Record<string, unknown>>>> =
  new Map([
    ['image-classifier', () => import('../child/image-classifier.ts')],
    ['recipe-classifier', () => import('../child/recipe-classifier.ts')],
    ['language-model', () => import('../child/language-model/evaluator.ts')],
    ['recipe-language-model', () => import('../child/language-model/recipe-evaluator.ts')],
    ...tableEvaluators,
  ]);

/** The built-in evaluators that need no process of their own; known without importing any of them. */
export const inlineBuiltIns: ReadonlySet<string> = new Set(tableEvaluators.keys());

/** A config names a module that is not there. */
export class ModuleNotFoundError extends NascentError {
  constructor(kind: ModuleKind, use: string, reason: string) {
    super('MODULE_NOT_FOUND', `${kind}.use is ${JSON.stringify(use)}, but ${reason}`);
  }
}

/** A config names a module that is there, but gives no space, strategy or evaluator. */
export class ModuleUnsuitableError extends NascentError {
  constructor(reference: ModuleReference, expected: string) {
    super('MODULE_UNSUITABLE', `${whereIs(reference)}: expected ${expected}.`);
  }
}

/**
 * Finds what a config's `use` names: a built-in, a file (`./…`, `../…` or absolute), or a package.
 * @param directory the config's; relative paths and packages are looked up from it
 * @throws ModuleNotFoundError
 */
export async function resolveModule(
  kind: ModuleKind,
  use: string,
  directory: string,
): Promise<ModuleReference> {
  if (/^\.{1,2}\//.test(use) || isAbsolute(use)) {
    const path = resolve(directory, use);
    if (!existsSync(path)) throw new ModuleNotFoundError(kind, use, `there is no file ${path}`);
    return { origin: 'file', use, path, contentHash: contentHash(path) };
  }
  const builtIn = await builtInNames(kind);
  if (builtIn.includes(use)) return { origin: 'built-in', use };
  const found = resolvePackage(use, directory);
  if (found !== null) {
    const path = found.startsWith('file:') ? fileURLToPath(found) : found;
    return { origin: 'package', use, path, contentHash: contentHash(path) };
  }
  const meant = nearest(use, builtIn);
  const hint = meant === null ? '' : ` Did you mean "${meant}"?`;
  const names = `Built in: ${builtIn.join(', ')}. A module of your own begins with ./`;
  throw new ModuleNotFoundError(
    kind,
    use,
    `that is neither built in nor an installed package.${hint} ${names}`,
  );
}

async function builtInNames(kind: ModuleKind): Promise<readonly string[]> {
  if (kind === 'space') return builtInSpaceNames;
  if (kind === 'evaluator') return [...builtInEvaluators.keys()];
  return [...(await builtInStrategies()).keys()];
}

/** The strategies that a config may name without a module. */
export function builtInStrategyNames(): Promise<readonly string[]> {
  return builtInNames('strategy');
}

async function builtInStrategies(): Promise<ReadonlyMap<string, StrategyFactory>> {
  return (await import('../strategy/registry.ts')).BUILT_IN_STRATEGIES; // reaches the engine, so not before
}

/**
 * Makes the space that a reference names. A module's default export is a space, or a function from options to one.
 * @throws SpaceDefinitionError where it is neither, and what the space says of its options
 */
export async function loadSpace(
  reference: ModuleReference,
  options: SpaceOptions = {},
): Promise<SearchSpace> {
  if (reference.origin === 'built-in') return builtInSpace(reference.use, options);
  return spaceOfModule((await importModule(reference.path))['default'], options, reference.path);
}

/**
 * Loads the strategy that a reference names. A module's default export is `(space, options, seed) => strategy`.
 * @throws ModuleUnsuitableError
 */
export async function loadStrategy(reference: ModuleReference): Promise<StrategyFactory> {
  const exported =
    reference.origin === 'built-in'
      ? (await builtInStrategies()).get(reference.use)
      : (await importModule(reference.path))['default'];
  if (isStrategyFactory(exported)) return exported;
  throw new ModuleUnsuitableError(reference, 'a default export (space, options, seed) => strategy');
}

function isStrategyFactory(value: unknown): value is StrategyFactory {
  return typeof value === 'function'; // what it makes is checked by its use
}

function whereIs(reference: ModuleReference): string {
  return reference.origin === 'built-in' ? reference.use : reference.path;
}
