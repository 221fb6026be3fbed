import { NascentError } from '../errors.ts';
import { evolution } from './evolution.ts';
import { gaussianProcess } from './gaussian-process.ts';
import { gridSearch } from './grid.ts';
import { localSearch } from './local-search.ts';
import { policyGradient } from './policy-gradient.ts';
import { randomSearch } from './random.ts';
import type { StrategyFactory } from './strategy.ts';
import { tpe } from './tpe.ts';

/** The strategies that a config can name; others are named by module. */
export const BUILT_IN_STRATEGIES: ReadonlyMap<string, StrategyFactory> = new Map([
  ['policy-gradient', policyGradient],
  ['random', randomSearch],
  ['grid', gridSearch],
  ['evolution', evolution],
  ['local-search', localSearch],
  ['tpe', tpe],
  ['gaussian-process', gaussianProcess],
]);

export class UnknownStrategyError extends NascentError {}

/** @throws UnknownStrategyError listing the known names */
export function strategyNamed(name: string): StrategyFactory {
  const factory = BUILT_IN_STRATEGIES.get(name);
  if (factory !== undefined) return factory;
  throw new UnknownStrategyError(
    'STRATEGY_UNKNOWN',
    `there is no built-in strategy "${name}"; known: ${[...BUILT_IN_STRATEGIES.keys()].join(', ')}. ` +
      'Name one of these, or a module (./my-strategy.ts or a package) whose default export makes a strategy.',
  );
}
