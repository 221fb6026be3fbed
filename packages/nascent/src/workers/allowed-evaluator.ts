import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StudyRecord } from '../store/store.ts';
import type { StudyConfig } from '../study/config.ts';
import { builtInEvaluators, resolveModule } from '../study/modules.ts';
import { evaluatorIdentity } from '../study/trial-identity.ts';
import type { EvaluatorReference } from './evaluator-module.ts';
import { EvaluatorDiffersError, EvaluatorNotAllowedError } from './remote-worker-errors.ts';

/** Where a worker looks, and what its operator lets it run. */
export interface Allowance {
  /** Files or packages. */
  readonly allow: readonly string[];
  /** Relative paths start here, packages are looked up from here. */
  readonly directory: string;
}

/**
 * The study's evaluator as this worker may run it: a built-in one, or a module that its operator has named and that is
 * the one the study began with. What the stored config calls it is compared with names of built-in ones, and never
 * resolved or imported.
 * @param location for errors
 * @throws EvaluatorNotAllowedError, EvaluatorDiffersError, ModuleNotFoundError for a module that is allowed but not there
 */
export async function allowedEvaluator(
  { evaluator: { use, options } }: StudyConfig,
  study: Pick<StudyRecord, 'evaluatorIdentity'>,
  { allow, directory }: Allowance,
  location: string,
): Promise<EvaluatorReference> {
  const expected = study.evaluatorIdentity;
  const found: { module: string; identity: string }[] = [];
  if (builtInEvaluators.has(use)) {
    const module = { origin: 'built-in', use } as const;
    const identity = evaluatorIdentity(module, options);
    if (identity === expected) return { module, options };
    found.push({ module: `the built-in ${use} with the stored options`, identity });
  }
  for (const name of allow) {
    const file = resolve(directory, name);
    const module = await resolveModule('evaluator', existsSync(file) ? file : name, directory);
    const identity = evaluatorIdentity(module, options);
    if (identity === expected) return { module, options };
    found.push({ module: name, identity });
  }
  if (found.length === 0) throw new EvaluatorNotAllowedError(location, use);
  throw new EvaluatorDiffersError(location, expected, found);
}
