import type { Evaluator } from '../evaluation/evaluator.ts';
import { evaluatorFactsSchema } from '../evaluation/parse.ts';
import { importModule } from '../study/import-module.ts';
import type { ModuleReference } from '../study/module-reference.ts';
import { builtInEvaluators, inlineBuiltIns, ModuleUnsuitableError } from '../study/modules.ts';

/** An evaluator as a config names it: its module, resolved, and the options that its factory parses. */
export interface EvaluatorReference {
  readonly module: ModuleReference;
  readonly options?: unknown;
}

/** What an evaluator's factory is told of the process that it runs in. */
export interface EvaluatorSurroundings {
  /** Engine threads that this process may use. */
  readonly threads: number;
  /** Relative paths in the options are relative to it. */
  readonly configDirectory: string;
  /** Resident memory that this process may hold, in MiB; null or absent where the study sets no limit. */
  readonly memoryMiB?: number | null;
  /** Where to train, for example `cuda:1`; absent: on the processor. */
  readonly device?: string;
  /** A folder that all machines of the study see, for checkpoints; absent where there is none. */
  readonly checkpointDirectory?: string;
}

/**
 * Imports the evaluator's module and lets its default export, `createEvaluator(options, surroundings)`, make
 * the evaluator.
 * @throws ModuleNotLoadedError, ModuleUnsuitableError where the module or what it makes is no evaluator; whatever
 * `createEvaluator` throws (options wrong, data or engine missing) as it is
 */
export async function loadEvaluator(
  { module, options }: EvaluatorReference,
  surroundings: EvaluatorSurroundings,
): Promise<Evaluator> {
  const create = (await importEvaluator(module))?.['default'];
  if (typeof create !== 'function') {
    throw new ModuleUnsuitableError(
      module,
      'a default export createEvaluator(options, { threads, configDirectory })',
    );
  }
  const evaluator: unknown = await create(options, surroundings);
  if (isEvaluator(evaluator)) return evaluator;
  throw new ModuleUnsuitableError(
    module,
    `createEvaluator to make an evaluator, found ${evaluator === null ? 'null' : typeof evaluator}; an evaluator has ` +
      'score: { split, metric }, inline, evaluate(architecture, context) and dispose()',
  );
}

async function importEvaluator(
  module: ModuleReference,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (module.origin !== 'built-in') return importModule(module.path);
  return builtInEvaluators.get(module.use)?.();
}

/**
 * An evaluator's module says by `export const inline = true` that it needs no process of its own. Of the built-in ones
 * it is known beforehand: importing one that trains would load the engine here.
 */
export async function isInline(module: ModuleReference): Promise<boolean> {
  if (module.origin === 'built-in') return inlineBuiltIns.has(module.use);
  return (await importModule(module.path))['inline'] === true;
}

function isEvaluator(value: unknown): value is Evaluator {
  return (
    isRecord(value) &&
    typeof value['evaluate'] === 'function' &&
    typeof value['dispose'] === 'function' &&
    typeof value['inline'] === 'boolean' &&
    evaluatorFactsSchema.safeParse({
      score: value['score'],
      datasetChecksum: value['datasetChecksum'] ?? null,
      measures: value['measures'] ?? [],
    }).success
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
