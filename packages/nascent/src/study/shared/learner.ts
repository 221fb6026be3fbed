import type { Sample, SpaceArguments } from '../../search-space/sample.ts';
import type { DrawFacts, PushReceipt } from '../../store/shared-store.ts';

/** A trial of a replica that has ended. */
export interface EndedTrial {
  readonly number: number;
  /** Null where it was cancelled: nothing is learned from it. */
  readonly result: { readonly sample: Sample; readonly reward: number } | null;
}

/** What a draw brings besides the samples. */
export interface DrawnSamples {
  readonly samples: readonly Sample[];
  /** Of a strategy whose whole state is one: after drawing, and the revision that it was made from. */
  readonly state: { readonly bytes: Uint8Array; readonly from: number } | null;
}

/**
 * A study's strategy as one replica uses it: draws samples, and teaches the study's common state by what became of them.
 * `sharded-learner.ts` keeps that state in parameter-server shards, `whole-learner.ts` in one row.
 */
export interface Learner {
  /** Children that the replica has in flight: m of the paper. */
  readonly inFlight: number;
  /** Whether it learns from all its trials at once when the last has ended (a minibatch), or from each alone. */
  readonly inBatches: boolean;
  /** Fetches the newest common state, before a draw. */
  refresh(): Promise<void>;
  /** Draws the samples that are wanted. Called inside the transaction that stores them, so it does not wait. */
  draw(facts: DrawFacts, args: SpaceArguments, warmStart: readonly Sample[]): DrawnSamples;
  /** One push. Done twice it changes nothing the second time. */
  learn(
    push: { readonly replica: number; readonly sequence: number },
    trials: readonly EndedTrial[],
  ): Promise<PushReceipt>;
  /** The common state at this moment is loaded into the strategy, whose `summary()` then tells of it. */
  load(): Promise<void>;
}
