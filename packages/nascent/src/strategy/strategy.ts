import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';

/** What a strategy is told of one finished trial. */
export interface StrategyResult {
  /** The trial's number in its study, from 1. */
  readonly number: number;
  readonly sample: Sample;
  /** By the study's reward policy; more is better. */
  readonly reward: number;
}

/** Where a strategy stands, for people to read. Null where the strategy has no such thing. */
export interface StrategySummary {
  /** Samples drawn so far. */
  readonly samples: number;
  /** Updates of the policy so far. */
  readonly updates: number;
  readonly baseline: number | null;
  /** Mean entropy of the policy per sample, in nats. */
  readonly entropy: number | null;
  /** KL(current policy ‖ initial policy), mean nats per sample: how far the policy has moved. */
  readonly kl: number | null;
  readonly note?: string;
}

/**
 * Whatever answers a search space's questions: a controller, random search, evolution…
 *
 * A strategy is deterministic: its answers follow from its state alone. Sample k of a study is drawn from the
 * stream `randomStream(seed, 'sample', k)`, so that a resumed study draws what an unbroken one would.
 */
export interface Strategy {
  readonly name: string;
  /** Draws `n` samples; advances the count of samples drawn. */
  ask(n: number, spaceArguments: SpaceArguments): readonly Sample[];
  /** Learns from finished trials, in the order given. */
  tell(results: readonly StrategyResult[]): void;
  /** The whole state; `restore(state())` is exact. */
  state(): Uint8Array;
  restore(bytes: Uint8Array): void;
  summary(): StrategySummary;
  /** Frees engine tensors. */
  dispose(): void;
}

/** Makes a strategy; parses its own options and throws a `NascentError` that names a bad one. */
export type StrategyFactory = (space: SearchSpace, options: unknown, seed: number) => Strategy;
