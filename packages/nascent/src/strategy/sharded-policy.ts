import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { StrategyResult } from './strategy.ts';

/**
 * A strategy whose whole memory is a parameter vector and a baseline, so that controller replicas can share it through
 * parameter-server shards (Zoph & Le 2017, §3.2). Made by `Strategy.sharded`, over that strategy's own controller.
 */
export interface ShardedPolicy {
  /** m, results per gradient. */
  readonly batchSize: number;
  /** Adam's step size. */
  readonly learningRate: number;
  /** Of the moving average of rewards, in [0, 1). */
  readonly baselineDecay: number;
  /** The strategy's present parameters, optimiser and baseline: what the shards begin with. */
  readonly initial: {
    readonly parameters: Float32Array;
    readonly adam: { readonly steps: number; readonly means: Float32Array; readonly squares: Float32Array };
    readonly baseline: number | null;
  };
  /** Takes the shards' parameters as the strategy's own; `summary()` then tells of them. */
  load(parameters: Float32Array, facts: { readonly updates: number; readonly baseline: number | null }): void;
  /** Samples number `drawn`, `drawn` + 1, … of the whole study, under the parameters last loaded. */
  sample(n: number, args: SpaceArguments, drawn: number): readonly Sample[];
  /**
   * −∇J of a minibatch under the parameters last loaded, as an optimiser that minimises wants it.
   * @param baseline from before the minibatch
   * @throws ForeignSampleError, InvalidSampleError, StrategyRewardError
   */
  gradient(results: readonly StrategyResult[], baseline: number | null): Float32Array;
}
