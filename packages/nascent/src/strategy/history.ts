import { z } from 'zod';
import type { Sample } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import type { SearchSpace } from '../search-space/space.ts';
import {
  compactResult,
  compactResultSchema,
  compactSample,
  compactSampleSchema,
  resultOf,
  sampleOf,
} from './compact-result.ts';
import type { StrategyResult } from './strategy.ts';

export const historySchema = z.object({
  told: z.array(compactResultSchema),
  pending: z.array(compactSampleSchema),
});

/** What a strategy that remembers every trial knows: what was told, and what was asked and not yet told. */
export class History {
  readonly #told: StrategyResult[] = [];
  readonly #rewards = new Map<string, number>();
  readonly #pending: { readonly key: string; readonly sample: Sample }[] = [];

  /** In the order of the trials' numbers, whatever the order in which they came. */
  get told(): readonly StrategyResult[] {
    return this.#told;
  }

  /** Asked and not yet told, in the order in which they were asked. */
  get pending(): readonly Sample[] {
    return this.#pending.map(({ sample }) => sample);
  }

  asked(sample: Sample): void {
    this.#pending.push({ key: sampleKey(sample), sample });
  }

  /** @returns the sample's key */
  tell(result: StrategyResult): string {
    const key = sampleKey(result.sample);
    const waiting = this.#pending.findIndex((pending) => pending.key === key);
    if (waiting >= 0) this.#pending.splice(waiting, 1);
    const after = this.#told.findLastIndex((earlier) => earlier.number <= result.number);
    this.#told.splice(after + 1, 0, result);
    this.#rewards.set(key, result.reward);
    return key;
  }

  /** The last reward of a sample; undefined before the first. */
  rewardOf(key: string): number | undefined {
    return this.#rewards.get(key);
  }

  isPending(key: string): boolean {
    return this.#pending.some((pending) => pending.key === key);
  }

  /** Whether a sample has been asked, told or not. */
  knows(key: string): boolean {
    return this.#rewards.has(key) || this.isPending(key);
  }

  compact(): z.output<typeof historySchema> {
    return { told: this.#told.map(compactResult), pending: this.pending.map(compactSample) };
  }

  /** @throws StrategyStateError where a sample is none of the space */
  static of(space: SearchSpace, { told, pending }: z.output<typeof historySchema>): History {
    const history = new History();
    for (const result of told) history.tell(resultOf(space, result));
    for (const sample of pending) history.asked(sampleOf(space, sample));
    return history;
  }
}
