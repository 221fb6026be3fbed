import type { SearchSpace } from '../search-space/space.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { loadStrategy } from './modules.ts';
import type { PreparedStrategy } from './prepare-comparison.ts';
import { refuseUnableStrategy } from './warm-start.ts';

/**
 * Loads the strategies of a comparison. What is wrong with their options is said here, before the first run.
 * @returns label → how to make the strategy of a run with this seed, fresh; whoever makes it disposes it
 * @param warmStart of the config: strategies that take none are refused
 * @throws WarmStartError, StrategyOptionsError, ModuleNotLoadedError, ModuleUnsuitableError
 */
export async function strategyMakers(
  space: SearchSpace,
  strategies: readonly Pick<PreparedStrategy, 'label' | 'module' | 'options'>[],
  warmStart: readonly unknown[] | undefined,
): Promise<ReadonlyMap<string, (seed: number) => Strategy>> {
  const makers = new Map<string, (seed: number) => Strategy>();
  for (const { label, module, options } of strategies) {
    const factory = await loadStrategy(module);
    const trial = factory(space, options, 0);
    trial.dispose();
    refuseUnableStrategy(trial, warmStart);
    makers.set(label, (seed) => factory(space, options, seed));
  }
  return makers;
}
