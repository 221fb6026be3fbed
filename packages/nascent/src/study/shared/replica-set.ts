import { setTimeout as sleep } from 'node:timers/promises';
import { deriveSeed } from '../../random.ts';
import type { Sample } from '../../search-space/sample.ts';
import type { SearchSpace } from '../../search-space/space.ts';
import { decodeTokens, encodeSample } from '../../search-space/tokens.ts';
import { PushRefusedError, ReplicaLostError, StrategyStateConflictError } from '../../store/errors.ts';
import type { Draw, DrawFacts, UnconsumedTrial } from '../../store/shared-store.ts';
import type { Store, StudyRecord } from '../../store/store.ts';
import { isTerminal } from '../../trial/life-cycle.ts';
import type { ProcessIdentity } from '../../trial/owner.ts';
import type { NewTrial } from '../../trial/record.ts';
import type { StudyConfig } from '../config.ts';
import { scheduledArguments, scheduleOf } from '../layer-schedule.ts';
import { trialIdentity } from '../trial-identity.ts';
import type { EndedTrial, Learner } from './learner.ts';
import { type Persistence, persistently } from './persistently.ts';
import type { ReplicaEvent } from './replica-event.ts';
import { sweep } from './sweep.ts';
import type { TrialQueue } from './trial-queue.ts';

export interface ReplicaSetOptions {
  readonly store: Store;
  readonly study: StudyRecord;
  readonly config: StudyConfig;
  readonly space: SearchSpace;
  readonly warmStart: readonly Sample[];
  readonly owner: ProcessIdentity;
  readonly queue: TrialQueue;
  /** K of this process. */
  readonly replicas: number;
  /** Makes what replica k uses. */
  learner(): Learner;
  /** Replicas and workers are taken for dead after `deadAfterMs`; a heartbeat is given three times as often. */
  readonly deadAfterMs: number;
  /** How often the store is asked for results. */
  readonly pollMs: number;
  /** Aborted: leave. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: ReplicaEvent) => void;
}

interface Replica {
  readonly number: number;
  readonly learner: Learner;
  /** Of its last push. */
  sequence: number;
}

/**
 * The controller replicas of one process (Zoph & Le 2017, §3.2), side by side as tasks: each draws m samples, waits for
 * their rewards, pushes what it learned, pulls, and draws again. Beside them runs what keeps the study going whoever dies:
 * heartbeats, the sweep of the queue, the adoption of a dead replica's trials.
 *
 * All that a replica must remember is in the store, so that it may be killed at any moment: what is its own and not yet
 * consumed says where it stood.
 */
export class ReplicaSet {
  readonly #options: ReplicaSetOptions;
  #replicas: Replica[] = [];

  constructor(options: ReplicaSetOptions) {
    this.#options = options;
  }

  /**
   * Runs until the study is complete or the signal is aborted.
   * @returns whether the study is complete
   */
  async run(): Promise<boolean> {
    const { store, study, owner, signal, onEvent } = this.#options;
    await this.#claim();
    const ended = new AbortController();
    const keeping = this.#keepGoing(ended.signal);
    try {
      for (;;) {
        if (signal.aborted) return false;
        const worked = await this.#round();
        if (worked) continue;
        if (await this.#isComplete()) return true;
        await this.#pause(ended.signal);
      }
    } finally {
      ended.abort();
      await keeping;
      // Leaving properly lets others adopt at once. Where the database is away they find out by themselves.
      await store.shared.releaseReplicas(study.id, owner).catch((error: unknown) => {
        onEvent({ kind: 'release-failed', error });
      });
    }
  }

  async #claim(): Promise<void> {
    const { store, study, owner, replicas, deadAfterMs, learner, onEvent } = this.#options;
    const claimed = await this.#persist(() =>
      store.shared.claimReplicas(study.id, owner, replicas, deadAfterMs),
    );
    const kept = new Map(this.#replicas.map((replica) => [replica.number, replica.learner]));
    this.#replicas = claimed.map(({ replica, sequence }) => ({
      number: replica,
      learner: kept.get(replica) ?? learner(),
      sequence,
    }));
    onEvent({ kind: 'replicas-claimed', replicas: claimed.map(({ replica }) => replica) });
  }

  /** @returns whether anything was drawn or learned */
  async #round(): Promise<boolean> {
    const { store, study } = this.#options;
    const own = await this.#persist(() =>
      store.shared.unconsumed(
        study.id,
        this.#replicas.map(({ number }) => number),
      ),
    );
    let worked = false;
    for (const replica of [...this.#replicas]) {
      const trials = own.filter((trial) => trial.replica === replica.number);
      try {
        worked = (await this.#step(replica, trials)) || worked;
      } catch (thrown) {
        await this.#recover(replica, thrown);
        worked = true;
      }
    }
    return worked;
  }

  async #step(replica: Replica, trials: readonly UnconsumedTrial[]): Promise<boolean> {
    const { inBatches, inFlight } = replica.learner;
    const ended = trials.filter(({ state }) => isTerminal(state));
    const ready = inBatches && ended.length < trials.length ? [] : ended;
    if (ready.length > 0) await this.#learn(replica, ready);
    const left = trials.length - ready.length;
    const free = inBatches ? left === 0 : left < inFlight;
    const drew = free && !this.#options.signal.aborted && (await this.#draw(replica));
    return ready.length > 0 || drew;
  }

  async #learn(replica: Replica, trials: readonly UnconsumedTrial[]): Promise<void> {
    const { store, study, space, onEvent } = this.#options;
    const tokens = await this.#persist(() =>
      store.shared.tokens(
        study.id,
        trials.map(({ number }) => number),
      ),
    );
    const ended = trials.map(({ number, reward }): EndedTrial => {
      const sample = decodeTokens(tokens.get(number) ?? '', space);
      return { number, result: reward === null ? null : { sample, reward } };
    });
    // An update of a whole state is one trial's, as in a search by one process.
    const minibatches = replica.learner.inBatches ? [ended] : ended.map((trial) => [trial]);
    for (const minibatch of minibatches) {
      const sequence = replica.sequence + 1;
      const push = { replica: replica.number, sequence };
      const receipt = await this.#again(() => replica.learner.learn(push, minibatch));
      replica.sequence = sequence;
      const staleness = receipt.kind === 'applied' ? receipt.staleness : [];
      onEvent({ kind: 'pushed', ...push, trials: minibatch.map(({ number }) => number), staleness });
    }
  }

  async #draw(replica: Replica): Promise<boolean> {
    const { store, study, owner, queue, onEvent } = this.#options;
    const { number, learner } = replica;
    const limits = { atMost: learner.inFlight, countSpent: this.#options.config.budget !== undefined };
    const drawn = await this.#again(async () => {
      await learner.refresh();
      return store.shared.draw(study.id, owner, number, limits, (facts) => this.#make(learner, facts));
    });
    if (drawn.length === 0) return false;
    onEvent({ kind: 'drawn', replica: number, trials: drawn.map((trial) => trial.number) });
    // Killed before this, the sweep does it.
    await this.#persist(() => queue.add(drawn.map((trial) => ({ number: trial.number, attempt: 1 }))));
    return true;
  }

  #make(learner: Learner, { drawn, spentSeconds, wanted }: DrawFacts): Draw {
    const { config, space, study, warmStart } = this.#options;
    const over = config.budget !== undefined && spentSeconds >= config.budget.seconds;
    const most = over ? 0 : Math.min(wanted, config.trials - drawn);
    if (most <= 0) return { trials: [], state: null };
    const args = scheduledArguments(config.space.arguments, scheduleOf(config.space, space), drawn);
    const { samples, state } = learner.draw({ drawn, spentSeconds, wanted: most }, args, warmStart);
    const trials = samples.map((sample, k): NewTrial => {
      const number = drawn + k + 1;
      const architecture = space.decode(sample);
      return {
        number,
        tokens: encodeSample(sample, space),
        architecture,
        architectureKey: trialIdentity(architecture, study.evaluatorIdentity),
        seed: deriveSeed(study.seed, 'trial', number),
      };
    });
    return { trials, state };
  }

  /** An outcome of running side by side with others: it is noted, and the replica goes on from the store. */
  async #recover(replica: Replica, thrown: unknown): Promise<void> {
    const { onEvent } = this.#options;
    if (thrown instanceof ReplicaLostError) {
      onEvent({ kind: 'replica-lost', replica: replica.number });
      this.#replicas = this.#replicas.filter((other) => other !== replica);
      await this.#claim();
      return;
    }
    if (!(thrown instanceof PushRefusedError)) throw thrown;
    // Its trials were adopted while it was silent. Its place in the sequence is asked for again.
    onEvent({ kind: 'push-refused', replica: replica.number, error: thrown });
    await this.#claim();
  }

  /** Whether nothing is left to draw, to evaluate or to learn, in this process and in all others. */
  async #isComplete(): Promise<boolean> {
    const { store, study, config } = this.#options;
    return this.#persist(async () => {
      const { drawn, unconsumed, spentSeconds } = await store.shared.progress(
        study.id,
        config.budget !== undefined,
      );
      const over = config.budget !== undefined && spentSeconds >= config.budget.seconds;
      return unconsumed === 0 && (drawn >= config.trials || over);
    });
  }

  /** Heartbeats, the sweep and adoption, until the set has ended. */
  async #keepGoing(ended: AbortSignal): Promise<void> {
    const { store, study, owner, queue, deadAfterMs, onEvent } = this.#options;
    while (!ended.aborted) {
      try {
        await store.shared.beatReplicas(study.id, owner);
        const [first] = this.#replicas;
        const adopted =
          first === undefined
            ? []
            : await store.shared.adoptOrphans(study.id, owner, first.number, deadAfterMs);
        if (adopted.length > 0) onEvent({ kind: 'adopted', replica: first?.number ?? 0, trials: adopted });
        const added = await sweep(store.shared, study.id, queue, deadAfterMs);
        if (added.length > 0) onEvent({ kind: 'swept', jobs: added });
      } catch (error) {
        onEvent({ kind: 'keeping-failed', error }); // the database is away, or a replica is lost: the next round tells
      }
      await sleep(deadAfterMs / 3, undefined, { signal: ended }).catch(() => {});
    }
  }

  async #pause(ended: AbortSignal): Promise<void> {
    const { signal, pollMs } = this.#options;
    const either = AbortSignal.any([signal, ended]);
    await sleep(pollMs, undefined, { signal: either }).catch(() => {});
  }

  #persist<T>(work: () => Promise<T>): Promise<T> {
    const onUnavailable: Persistence['onUnavailable'] = (error) =>
      this.#options.onEvent({ kind: 'unavailable', error });
    return persistently(work, { signal: this.#options.signal, onUnavailable });
  }

  /** Does what another replica may have come before with: then from the newer state. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.#persist(work);
      } catch (thrown) {
        if (!(thrown instanceof StrategyStateConflictError)) throw thrown;
      }
    }
  }
}
