import { NascentError } from '../errors.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { ModuleReference } from '../study/module-reference.ts';

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
}

// Imported when asked for, and only then: an evaluator of the user's own need not load the engine.
const builtIn: Readonly<Record<string, () => Promise<unknown>>> = {
  'image-classifier': () => import('../child/image-classifier.ts'),
};

/**
 * Imports the evaluator's module and lets its default export, `createEvaluator(options, surroundings)`, make
 * the evaluator.
 * @throws NascentError `EVALUATOR_MODULE_INVALID` where the module or what it makes is no evaluator; whatever
 * the module throws (data or engine missing) as it is
 */
export async function loadEvaluator(
  { module, options }: EvaluatorReference,
  surroundings: EvaluatorSurroundings,
): Promise<Evaluator> {
  const namespace = await importEvaluatorModule(module);
  const create = isRecord(namespace) ? namespace['default'] : undefined;
  if (typeof create !== 'function') {
    throw invalid(module, `has no default export that is a function; found ${describe(create)}`);
  }
  const evaluator: unknown = await create(options, surroundings);
  if (!isEvaluator(evaluator)) {
    throw invalid(
      module,
      `made ${describe(evaluator)}, not an evaluator: an object with score: { split, metric }, inline, ` +
        'evaluate(architecture, context) and dispose()',
    );
  }
  return evaluator;
}

async function importEvaluatorModule(module: ModuleReference): Promise<unknown> {
  if (module.origin !== 'built-in') return import(module.path);
  const load = builtIn[module.use];
  if (load === undefined) {
    throw invalid(module, `is not built in; the built-in evaluators are ${Object.keys(builtIn).join(', ')}`);
  }
  return load();
}

function invalid(module: ModuleReference, what: string): NascentError {
  const fix = 'An evaluator module exports default createEvaluator(options, { threads, configDirectory }).';
  return new NascentError('EVALUATOR_MODULE_INVALID', `evaluator '${module.use}' ${what}. ${fix}`);
}

function isEvaluator(value: unknown): value is Evaluator {
  return (
    isRecord(value) &&
    typeof value['evaluate'] === 'function' &&
    typeof value['dispose'] === 'function' &&
    typeof value['inline'] === 'boolean' &&
    isRecord(value['score'])
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function describe(value: unknown): string {
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
}
