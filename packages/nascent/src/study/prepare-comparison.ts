import type { SearchSpace } from '../search-space/space.ts';
import { comparedStrategies, describeStrategy, strategyIdentity } from './compared-strategies.ts';
import type { ComparePlan, StudyConfig } from './config.ts';
import { withDefaultPreset } from './default-preset.ts';
import { scheduledArguments, scheduleOf } from './layer-schedule.ts';
import type { ModuleReference } from './module-reference.ts';
import { loadSpace, resolveModule } from './modules.ts';
import { evaluatorIdentity } from './trial-identity.ts';
import { warmStartSamples } from './warm-start.ts';

/** A strategy of a comparison with its module. Plain data: it crosses process edges. */
export interface PreparedStrategy {
  readonly label: string;
  readonly module: ModuleReference;
  readonly options?: unknown;
  /** `strategyIdentity(…)`. */
  readonly identity: string;
  /** For people, for example `policy-gradient, preset strong`. */
  readonly description: string;
}

/** What a comparison needs besides a store and workers, made from its config. */
export interface PreparedComparison {
  readonly space: SearchSpace;
  readonly spaceModule: ModuleReference;
  readonly evaluatorModule: ModuleReference;
  readonly evaluatorIdentity: string;
  readonly strategies: readonly PreparedStrategy[];
}

/**
 * Finds the modules that a comparison names and loads its space; the engine is not loaded here.
 * @param directory the config's
 * @throws ComparedStrategyError, InvalidArgumentError, WarmStartError, ModuleNotFoundError, ModuleNotLoadedError
 */
export async function prepareComparison(
  config: StudyConfig,
  plan: ComparePlan,
  directory: string,
): Promise<PreparedComparison> {
  const compared = await comparedStrategies(plan.strategies);
  const [spaceModule, evaluatorModule] = await Promise.all([
    resolveModule('space', config.space.use, directory),
    resolveModule('evaluator', config.evaluator.use, directory),
  ]);
  const strategies = await Promise.all(
    compared.map(async (strategy): Promise<PreparedStrategy> => {
      const { label, use } = strategy;
      const module = await resolveModule('strategy', use, directory);
      // As `nascent search` would run it with so many trials.
      const { options } = withDefaultPreset(strategy, config.trials);
      return {
        label,
        module,
        ...(options === undefined ? {} : { options }),
        identity: strategyIdentity(module, options),
        description: describeStrategy({ label, use, options }),
      };
    }),
  );
  const space = await loadSpace(spaceModule, config.space.options);
  space.start(scheduledArguments(config.space.arguments, scheduleOf(config.space, space), 0)); // throws if it cannot
  warmStartSamples(config.warmStart, space); // likewise
  return {
    space,
    spaceModule,
    evaluatorModule,
    evaluatorIdentity: evaluatorIdentity(evaluatorModule, config.evaluator.options),
    strategies,
  };
}
