import type { SearchSpace } from '../search-space/space.ts';
import type { Strategy } from '../strategy/strategy.ts';
import type { StudyConfig } from './config.ts';
import { scheduledArguments, scheduleOf } from './layer-schedule.ts';
import type { ModuleReference } from './module-reference.ts';
import { loadSpace, loadStrategy, resolveModule } from './modules.ts';
import { evaluatorIdentity } from './trial-identity.ts';
import { refuseUnableStrategy, warmStartSamples } from './warm-start.ts';

/** What a study needs besides a store and a pool, made from its config. */
export interface PreparedStudy {
  readonly space: SearchSpace;
  /** Fresh; the caller disposes it. */
  readonly strategy: Strategy;
  /** For the pool: the evaluator is loaded where it works, not here. */
  readonly evaluator: { readonly module: ModuleReference; readonly options?: unknown };
  readonly evaluatorIdentity: string;
}

/**
 * Loads the modules that a config names, and checks that the space takes the config's arguments and has its warm start:
 * before any worker has loaded its data.
 * @param directory the config's
 * @throws InvalidArgumentError, WarmStartError, ModuleNotFoundError, ModuleNotLoadedError, ModuleUnsuitableError, and what the modules say of their options
 */
export async function prepareStudy(config: StudyConfig, directory: string): Promise<PreparedStudy> {
  const [spaceModule, strategyModule, evaluatorModule] = await Promise.all([
    resolveModule('space', config.space.use, directory),
    resolveModule('strategy', config.strategy.use, directory),
    resolveModule('evaluator', config.evaluator.use, directory),
  ]);
  const space = await loadSpace(spaceModule, config.space.options);
  space.start(scheduledArguments(config.space.arguments, scheduleOf(config.space, space), 0)); // throws if it cannot
  warmStartSamples(config.warmStart, space); // throws if it has none of them
  const strategy = (await loadStrategy(strategyModule))(space, config.strategy.options, config.seed);
  refuseUnableStrategy(strategy, config.warmStart);
  const { options } = config.evaluator;
  return {
    space,
    strategy,
    evaluator: { module: evaluatorModule, ...(options === undefined ? {} : { options }) },
    evaluatorIdentity: evaluatorIdentity(evaluatorModule, options),
  };
}
