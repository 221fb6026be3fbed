import type { SpaceArguments } from '../search-space/sample.ts';

/** An argument of the space that grows during the search. */
export interface LayerSchedule {
  readonly argument: string;
  readonly start: number;
  readonly add: number;
  readonly every: number;
}

/**
 * The arguments for the next sample. The paper begins with 6 layers and adds 2 every 1,600 samples (Zoph & Le
 * 2017, §4.1).
 * @param drawn samples drawn so far in the whole study, whatever became of them
 */
export function scheduledArguments(
  base: SpaceArguments,
  schedule: LayerSchedule | undefined,
  drawn: number,
): SpaceArguments {
  if (schedule === undefined) return base;
  const { argument, start, add, every } = schedule;
  return { ...base, [argument]: start + add * Math.floor(drawn / every) };
}
