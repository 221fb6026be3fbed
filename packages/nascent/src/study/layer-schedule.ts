import type { SpaceArguments } from '../search-space/sample.ts';
import type { ArgumentSchedule, SearchSpace } from '../search-space/space.ts';

/**
 * How an argument grows in a search: as its config says; else as the space does it, where the config gives that
 * argument no value.
 */
export function scheduleOf(
  { arguments: args, schedule }: { arguments: SpaceArguments; schedule?: ArgumentSchedule | undefined },
  space: Pick<SearchSpace, 'schedule'>,
): ArgumentSchedule | undefined {
  if (schedule !== undefined || space.schedule === undefined) return schedule;
  return space.schedule.argument in args ? undefined : space.schedule;
}

/**
 * The arguments for the next sample. The paper begins with 6 layers and adds 2 every 1,600 samples (Zoph & Le
 * 2017, §4.1).
 * @param drawn samples drawn so far in the whole study, whatever became of them
 */
export function scheduledArguments(
  base: SpaceArguments,
  schedule: ArgumentSchedule | undefined,
  drawn: number,
): SpaceArguments {
  if (schedule === undefined) return base;
  const { argument, start, add, every } = schedule;
  return { ...base, [argument]: start + add * Math.floor(drawn / every) };
}
