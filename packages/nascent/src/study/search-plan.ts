import type { SearchSpace } from '../search-space/space.ts';
import type { StudyConfig } from './config.ts';
import { scheduleOf } from './layer-schedule.ts';
import type { SearchPlan } from './search-in-memory.ts';
import { warmStartSamples } from './warm-start.ts';

/** What a config says of each run of a comparison. @throws WarmStartError */
export function searchPlan(config: StudyConfig, searchSpace: SearchSpace): SearchPlan {
  const { space, reward, trials, budget, stopping } = config;
  return {
    warmStart: warmStartSamples(config.warmStart, searchSpace),
    arguments: space.arguments,
    schedule: scheduleOf(space, searchSpace),
    reward,
    trials,
    budgetSeconds: budget?.seconds ?? null,
    stopping,
  };
}
