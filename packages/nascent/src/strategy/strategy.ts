import { z } from 'zod';
import { NascentError } from '../errors.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import type { ShardedPolicy } from './sharded-policy.ts';

/** A trial's sample with its reward. */
export interface StrategyResult {
  /** The trial's number in its study. */
  readonly number: number;
  readonly sample: Sample;
  /** Finite; more is better. */
  readonly reward: number;
}

export interface StrategySummary {
  /** Samples drawn so far. */
  readonly samples: number;
  /** Updates of the policy so far. */
  readonly updates: number;
  /** The moving average of rewards; null before the first, and for strategies without one. */
  readonly baseline: number | null;
  /** Entropy of the current policy, mean nats per sample; null where there is no policy or nothing was asked. */
  readonly entropy: number | null;
  /** KL(current policy ‖ initial policy), mean nats per sample: how far the policy has moved. */
  readonly kl: number | null;
  /** What a report must say, for example "the controller has not moved". */
  readonly note?: string;
}

/**
 * Whatever proposes samples and learns from their rewards.
 *
 * `ask` and `tell` are synchronous and change the state; a study stores `state()` in the same transaction as
 * what it asked or told. `restore(state())` continues exactly, bit for bit.
 */
export interface Strategy {
  readonly name: string;
  /** Draws n samples; sample k of the whole study comes from the stream (seed, 'sample', k). */
  ask(n: number, args: SpaceArguments): readonly Sample[];
  /**
   * Takes samples that it did not draw (a warm start) in the place of its first ones: before any `ask`. They count as
   * drawn, also where it draws its first samples in another way than later ones, and their results are told like those
   * of its own. Their arguments may differ from those of the first `ask`. Absent where a strategy cannot; a study with
   * a warm start then refuses it.
   */
  adopt?(samples: readonly Sample[]): void;
  /**
   * Takes rewards, in any order and grouping. All of them or, on an error, none.
   * @throws ForeignSampleError, InvalidSampleError, StrategyRewardError
   */
  tell(results: readonly StrategyResult[]): void;
  /**
   * How replicas can share it through parameter-server shards; null where these options keep more in mind than weights
   * and a baseline. Absent where a strategy never can: its whole state is then shared, one replica at a time.
   */
  sharded?(): ShardedPolicy | null;
  /** The whole state, as bytes. */
  state(): Uint8Array;
  /** Takes over a state. @throws StrategyStateError if it came from another strategy, space, seed or options */
  restore(bytes: Uint8Array): void;
  summary(): StrategySummary;
  /** Frees engine memory. The strategy is not usable afterwards. */
  dispose(): void;
}

/** Makes a strategy for a space; parses its own options. @throws StrategyOptionsError */
export type StrategyFactory = (space: SearchSpace, options: unknown, seed: number) => Strategy;

/** Options that a strategy does not understand. */
export class StrategyOptionsError extends NascentError {
  constructor(strategy: string, problem: string) {
    super('STRATEGY_OPTIONS', `options of the strategy "${strategy}": ${problem}`);
  }
}

/** A saved state that does not belong to this strategy, space, seed or options, or is damaged. */
export class StrategyStateError extends NascentError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('STRATEGY_STATE', message, options);
  }
}

/** A reward that is not a finite number. */
export class StrategyRewardError extends NascentError {
  constructor(trial: number, reward: number) {
    super(
      'STRATEGY_REWARD',
      `trial ${trial} was told with the reward ${reward}; expected a finite number. ` +
        'Give failed children a reward by the reward policy (`reward.failed`).',
    );
  }
}

/** @throws StrategyOptionsError naming each misspelt or invalid option */
export function parseStrategyOptions<Schema extends z.ZodType>(
  strategy: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(options ?? {});
  if (parsed.success) return parsed.data;
  throw new StrategyOptionsError(strategy, z.prettifyError(parsed.error));
}
