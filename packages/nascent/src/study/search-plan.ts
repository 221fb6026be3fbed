import type { StudyConfig } from './config.ts';
import type { SearchPlan } from './search-in-memory.ts';

/** What a config says of each run of a comparison. */
export function searchPlan({ space, reward, trials, budget }: StudyConfig): SearchPlan {
  return {
    arguments: space.arguments,
    schedule: space.schedule,
    reward,
    trials,
    budgetSeconds: budget?.seconds ?? null,
  };
}
