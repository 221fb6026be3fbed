import { hashOf } from '../search-space/canonical-json.ts';
import type { ModuleReference } from './module-reference.ts';

/**
 * Identity of an evaluator: two evaluators with the same identity give a child the same evaluation, seed apart.
 * @returns SHA-256 (hex) over its name or its module's content, and its options
 */
export function evaluatorIdentity(evaluator: ModuleReference, options: unknown): string {
  // A file's path is not part of it: a moved project is the same project.
  const module =
    evaluator.origin === 'built-in' ? { builtIn: evaluator.use } : { content: evaluator.contentHash };
  return hashOf({ module, options: options ?? {} });
}

/**
 * Identity of a trial for duplicates: the architecture (after repair) and its evaluator, without the seed.
 * @returns SHA-256 (hex)
 */
export function trialIdentity(architecture: unknown, evaluator: string): string {
  return hashOf({ architecture, evaluator });
}
