import { updatedBaseline } from '../reinforce/baseline.ts';
import type { Push, PushReceipt, SharedStore } from '../store/shared-store.ts';
import type { ProcessIdentity } from '../trial/owner.ts';
import type { AdamState } from './adam.ts';
import { cutInto, type Part } from './cut.ts';
import { floatsOfBytes, freshShard, type ShardSettings, withGradient } from './shard.ts';

/** The parameters as pulled. */
export interface Pulled {
  /** The whole vector. */
  readonly parameters: Float32Array;
  /** Of each shard, for the push. */
  readonly versions: readonly number[];
  readonly baseline: number | null;
}

export interface GradientPush extends Omit<Push, 'state' | 'pulled'> {
  /** The whole vector; null: these trials teach nothing (all cancelled), they are only consumed. */
  readonly gradient: Float32Array | null;
  /** Of the pull that the gradient was computed at. */
  readonly versions: readonly number[];
  /** Of the trials, in order of their numbers: they move the shared baseline. */
  readonly rewards: readonly number[];
}

export interface ParameterServerSettings extends ShardSettings {
  /** Of the moving average of rewards, in [0, 1). */
  readonly baselineDecay: number;
}

/**
 * The parameter server of a shared study (Zoph & Le 2017, §3.2): the controller's parameter vector, cut into shards that
 * are rows of the study's store. Replicas pull the whole vector and push gradients; nobody waits for anybody.
 *
 * A push is one transaction over all shards, the baseline and the trials that it consumes. So it is there wholly or not at
 * all, a repeated one changes nothing, and all shards together move as one server would.
 */
export class ParameterServer {
  readonly #store: SharedStore;
  readonly #study: number;
  readonly #owner: ProcessIdentity;
  readonly #parts: readonly Part[];
  readonly #settings: ParameterServerSettings;
  readonly #parameters: number;

  /**
   * @param parameters length of the vector
   * @param shards S, as the study has it (`Sharing`)
   */
  constructor(
    store: SharedStore,
    { study, owner }: { readonly study: number; readonly owner: ProcessIdentity },
    { parameters, shards }: { readonly parameters: number; readonly shards: number },
    settings: ParameterServerSettings,
  ) {
    this.#store = store;
    this.#study = study;
    this.#owner = owner;
    this.#parameters = parameters;
    this.#parts = cutInto(parameters, shards);
    this.#settings = settings;
  }

  /** @throws ShardDamagedError */
  async pull(): Promise<Pulled> {
    const { shards, baseline } = await this.#store.pull(this.#study);
    const parameters = new Float32Array(this.#parameters);
    for (const [index, { from, to }] of this.#parts.entries()) {
      parameters.set(floatsOfBytes(shards[index]?.parameters ?? new Uint8Array(), to - from), from);
    }
    return { parameters, versions: shards.map(({ version }) => version), baseline };
  }

  /** @throws ReplicaLostError, PushRefusedError, ShardDamagedError */
  push({ gradient, versions, rewards, ...push }: GradientPush): Promise<PushReceipt> {
    return this.#store.push(
      this.#study,
      this.#owner,
      { ...push, pulled: versions, state: null },
      {
        shard: (index, before) => {
          const part = this.#parts[index];
          if (gradient === null || part === undefined) return before;
          return withGradient(before, gradient.subarray(part.from, part.to), this.#settings);
        },
        baseline: (before) => updatedBaseline(before, rewards, this.#settings.baselineDecay),
      },
    );
  }
}

/**
 * The shards of a study that begins, or that goes on from a controller trained elsewhere.
 * @param adam the optimiser's state; absent: fresh
 */
export function firstShards(parameters: Float32Array, shards: number, adam?: AdamState) {
  return cutInto(parameters.length, shards).map(({ from, to }) =>
    freshShard(
      parameters.slice(from, to),
      adam === undefined
        ? undefined
        : { steps: adam.steps, means: adam.means.slice(from, to), squares: adam.squares.slice(from, to) },
    ),
  );
}
