import type { Sample } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import type { History } from './history.ts';

/** Rounds of drawing, each from a flatter policy, before the caller has to do without. */
const ROUNDS = 6;
/** A single sample is drawn out of so many at once: rows in lock-step cost little more than one. */
const AT_LEAST_AT_ONCE = 4;

/**
 * Samples of the policy that have not been asked before, each once, in the order of drawing.
 *
 * Half of what is wanted is enough: a policy that has almost converged brings few new samples, and drawing more
 * would cost more than it tells. Until then each round flattens the policy by half its temperature more.
 * @param draw draws `count` samples at `flatter` times the policy's own temperature; rounds count from 0
 * @returns at most `wanted`, possibly none
 */
export function unseenFromPolicy(
  draw: (count: number, flatter: number, round: number) => readonly Sample[],
  history: Pick<History, 'knows'>,
  wanted: number,
): readonly Sample[] {
  const found = new Map<string, Sample>();
  const count = Math.max(AT_LEAST_AT_ONCE, wanted);
  for (let round = 0; round < ROUNDS && found.size < wanted / 2; round++) {
    for (const sample of draw(count, 1 + round / 2, round)) {
      const key = sampleKey(sample);
      if (!found.has(key) && !history.knows(key)) found.set(key, sample);
    }
  }
  return [...found.values()].slice(0, wanted);
}
