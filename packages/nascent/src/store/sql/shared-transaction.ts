import { NascentError } from '../../errors.ts';
import { isTerminal, type Step } from '../../trial/life-cycle.ts';
import type { ProcessIdentity } from '../../trial/owner.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { PushRefusedError, ReplicaLostError, StudyNotSharedError } from '../errors.ts';
import type {
  Draw,
  DrawFacts,
  Push,
  PushEffect,
  PushReceipt,
  ReplicaRecord,
  ShardRecord,
  SharedProgress,
} from '../shared-store.ts';
import type { TrialResult } from '../store.ts';
import { databaseMs } from './database-clock.ts';
import { ownerColumn, replicaFromRow } from './shared-rows.ts';
import { isSameProcess, StudyTransaction } from './study-transaction.ts';

/**
 * Changes the rows of a shared study inside one transaction.
 *
 * Rows are locked in one order, so that no two transactions wait for each other: study → replica → shards → shared study →
 * strategy state → trials.
 */
export class SharedTransaction extends StudyTransaction {
  get nowMs() {
    return databaseMs(this.connection);
  }

  async claimReplicas(
    owner: ProcessIdentity,
    count: number,
    deadAfterMs: number,
  ): Promise<readonly ReplicaRecord[]> {
    await this.lock(); // one process claims at a time
    const all = await this.replicas();
    const free = all.filter(
      (one) => one.owner === null || isSameProcess(one.owner, owner) || one.silentMs > deadAfterMs,
    );
    const taken = free.slice(0, count).map(({ replica }) => replica);
    const last = all.at(-1)?.replica ?? 0;
    for (const replica of taken) {
      await this.db
        .updateTable('replicas')
        .set({ owner: ownerColumn(owner), seen_ms: this.nowMs })
        .where('study_id', '=', this.study)
        .where('replica', '=', replica)
        .execute();
    }
    for (let more = 1; taken.length < count; more++) {
      const replica = last + more;
      await this.db
        .insertInto('replicas')
        .values({
          study_id: this.study,
          replica,
          owner: ownerColumn(owner),
          sequence: 0,
          seen_ms: this.nowMs,
        })
        .execute();
      taken.push(replica);
    }
    return (await this.replicas()).filter(({ replica }) => taken.includes(replica));
  }

  async replicas(): Promise<readonly ReplicaRecord[]> {
    const rows = await this.db
      .selectFrom('replicas')
      .selectAll()
      .select(this.nowMs.as('now_ms'))
      .where('study_id', '=', this.study)
      .orderBy('replica')
      .execute();
    return rows.map((row) => replicaFromRow(row, this.connection.location));
  }

  async adoptOrphans(
    owner: ProcessIdentity,
    replica: number,
    deadAfterMs: number,
  ): Promise<readonly number[]> {
    await this.lock();
    await this.#lockReplica(owner, replica);
    const dead = (await this.replicas()).filter(
      (one) => one.replica !== replica && (one.owner === null || one.silentMs > deadAfterMs),
    );
    const adopted = await this.db
      .updateTable('trials')
      .set({ replica })
      .where('study_id', '=', this.study)
      .where((or) =>
        or.or([
          ...(dead.length === 0
            ? []
            : [
                or(
                  'replica',
                  'in',
                  dead.map((one) => one.replica),
                ),
              ]),
          // Left by a search of one process, from before the study was shared.
          or.and([or('replica', 'is', null), or('state', 'in', ['queued', 'running'])]),
        ]),
      )
      .where('consumed', 'is', null)
      .returning('number')
      .execute();
    return adopted.map(({ number }) => number).sort((a, b) => a - b);
  }

  async draw(
    owner: ProcessIdentity,
    replica: number,
    { atMost, countSpent }: { readonly atMost: number; readonly countSpent: boolean },
    make: (facts: DrawFacts) => Draw,
  ): Promise<readonly TrialRecord[]> {
    await this.lock(); // numbers have no gaps, so one replica draws at a time
    await this.#lockReplica(owner, replica);
    const wanted = atMost - (await this.#unconsumed(replica));
    if (wanted <= 0) return [];
    const drawn = await this.trialCount();
    const { trials, state } = make({
      drawn,
      spentSeconds: countSpent ? await this.#spentSeconds() : 0,
      wanted,
    });
    if (state !== null) await this.changeState(state);
    return this.addTrials(trials, replica);
  }

  async push(owner: ProcessIdentity, push: Push, effect: PushEffect): Promise<PushReceipt> {
    const { replica, sequence, pulled } = push;
    const refuse = (problem: string) =>
      new PushRefusedError(this.connection.location, replica, sequence, problem);
    const record = await this.#lockReplica(owner, replica);
    if (sequence <= record.sequence) return { kind: 'repeated' };
    if (sequence !== record.sequence + 1)
      throw refuse(`after ${record.sequence} comes ${record.sequence + 1}.`);
    const before = await this.#lockShards();
    if (pulled.length !== before.length) {
      throw refuse(`it names the versions of ${pulled.length} shards, the study has ${before.length}.`);
    }
    await this.#changeShards(
      before,
      before.map((shard, index) => effect.shard(index, shard)),
    );
    const sharing = await this.#lockSharing();
    const baseline = effect.baseline(sharing.baseline);
    if (baseline !== sharing.baseline) {
      await this.db
        .updateTable('shared_studies')
        .set({ baseline })
        .where('study_id', '=', this.study)
        .execute();
    }
    if (push.state !== null) await this.changeState(push.state);
    await this.#consume(push, refuse);
    const staleness = before.map((shard, index) => shard.version - (pulled[index] ?? 0));
    await this.db
      .insertInto('gradients')
      .values({
        study_id: this.study,
        replica,
        sequence,
        trials: push.trials.length,
        staleness: JSON.stringify(staleness),
        applied_ms: this.nowMs,
      })
      .execute();
    await this.db
      .updateTable('replicas')
      .set({ sequence, seen_ms: this.nowMs })
      .where('study_id', '=', this.study)
      .where('replica', '=', replica)
      .execute();
    return { kind: 'applied', staleness };
  }

  /** Locked in the order of their numbers. */
  async #lockShards(): Promise<readonly ShardRecord[]> {
    let query = this.db
      .selectFrom('shards')
      .select(['version', 'parameters', 'optimiser'])
      .where('study_id', '=', this.study)
      .orderBy('shard');
    if (this.connection.rowLocks) query = query.forUpdate();
    return query.execute();
  }

  async #changeShards(before: readonly ShardRecord[], after: readonly ShardRecord[]): Promise<void> {
    const changed = after
      .map((shard, index) => ({ shard, index }))
      .filter(({ shard, index }) => shard !== before[index]);
    if (changed.length === 0) return;
    // All of them in one statement: a shard is a few kilobytes, a round trip costs more than its bytes.
    await this.db
      .insertInto('shards')
      .values(
        changed.map(({ shard, index }) => ({
          study_id: this.study,
          shard: index,
          version: shard.version,
          parameters: Buffer.from(shard.parameters),
          optimiser: Buffer.from(shard.optimiser),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['study_id', 'shard']).doUpdateSet((set) => ({
          version: set.ref('excluded.version'),
          parameters: set.ref('excluded.parameters'),
          optimiser: set.ref('excluded.optimiser'),
        })),
      )
      .execute();
  }

  async #consume({ trials, replica, sequence }: Push, refuse: (problem: string) => Error): Promise<void> {
    if (trials.length === 0) throw refuse('it names no trials.');
    const consumed = await this.db
      .updateTable('trials')
      .set({ consumed: sequence })
      .where('study_id', '=', this.study)
      .where('number', 'in', [...trials])
      .where('replica', '=', replica)
      .where('consumed', 'is', null)
      .where('state', 'not in', ['queued', 'running'])
      .returning('number')
      .execute();
    if (consumed.length === new Set(trials).size) return;
    const found = new Set(consumed.map(({ number }) => number));
    const missing = trials.filter((number) => !found.has(number)).join(', ');
    throw refuse(
      `trials ${missing} are not finished, are another replica's, or were consumed by an earlier push.`,
    );
  }

  async startAttempt(
    number: number,
    attempt: number,
    { name, process }: { readonly name: string; readonly process: ProcessIdentity },
  ): Promise<Step<TrialRecord>> {
    const trial = await this.lockTrial(number);
    const current = trial.state === 'running' && trial.attempt === attempt;
    if (current && isSameProcess(trial.owner, process)) return { accepted: true, next: trial };
    if (!isTerminal(trial.state) && trial.attempt >= attempt) {
      return { accepted: false, refusal: { kind: 'stale-attempt', current: trial.attempt } };
    }
    if (trial.state === 'queued' && trial.attempt + 1 !== attempt) {
      throw new NascentError(
        'TRIAL_ATTEMPT_GAP',
        `${this.connection.location}: attempt ${attempt} of trial ${number} was asked for, but ${trial.attempt + 1} comes next.`,
      );
    }
    const step = await this.start(number, process);
    if (step.accepted) await this.#setOfTrial(number, { worker_name: name });
    return step;
  }

  async finishAttempt(result: TrialResult, chargedSeconds: number): Promise<Step<TrialRecord>> {
    const step = await this.finish(result);
    if (step.accepted) await this.#setOfTrial(result.number, { charged_seconds: chargedSeconds });
    return step;
  }

  async #setOfTrial(
    number: number,
    columns: { readonly worker_name?: string; readonly charged_seconds?: number },
  ): Promise<void> {
    await this.db
      .updateTable('trials')
      .set(columns)
      .where('study_id', '=', this.study)
      .where('number', '=', number)
      .execute();
  }

  /** @throws ReplicaLostError */
  async #lockReplica(owner: ProcessIdentity, replica: number): Promise<ReplicaRecord> {
    let query = this.db
      .selectFrom('replicas')
      .selectAll()
      .select(this.nowMs.as('now_ms'))
      .where('study_id', '=', this.study)
      .where('replica', '=', replica);
    if (this.connection.rowLocks) query = query.forUpdate();
    const row = await query.executeTakeFirst();
    const record = row === undefined ? null : replicaFromRow(row, this.connection.location);
    if (record !== null && isSameProcess(record.owner, owner)) return record;
    throw new ReplicaLostError(this.connection.location, replica);
  }

  async #lockSharing(): Promise<{ readonly baseline: number | null }> {
    let query = this.db.selectFrom('shared_studies').select('baseline').where('study_id', '=', this.study);
    if (this.connection.rowLocks) query = query.forUpdate();
    const row = await query.executeTakeFirst();
    if (row !== undefined) return row;
    throw new StudyNotSharedError(this.connection.location);
  }

  async progress(countSpent: boolean): Promise<SharedProgress> {
    return {
      drawn: await this.trialCount(),
      unconsumed: await this.#unconsumed(null),
      spentSeconds: countSpent ? await this.#spentSeconds() : 0,
    };
  }

  /** @param replica null: of all replicas */
  async #unconsumed(replica: number | null): Promise<number> {
    let query = this.db
      .selectFrom('trials')
      .select((select) => select.fn.countAll().as('count'))
      .where('study_id', '=', this.study)
      .where('consumed', 'is', null);
    query = replica === null ? query.where('replica', 'is not', null) : query.where('replica', '=', replica);
    const { count } = await query.executeTakeFirstOrThrow();
    return Number(count);
  }

  async #spentSeconds(): Promise<number> {
    const { spent } = await this.db
      .selectFrom('trials')
      // Trials from before the study was shared have no charge of their own.
      .select((select) => select.fn.sum<number>(select.fn.coalesce('charged_seconds', 'seconds')).as('spent'))
      .where('study_id', '=', this.study)
      .executeTakeFirstOrThrow();
    return Number(spent ?? 0);
  }
}
