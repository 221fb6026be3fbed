import { z } from 'zod';
import { trialStates } from '../../trial/life-cycle.ts';
import type { ProcessIdentity } from '../../trial/owner.ts';
import type {
  GradientRecord,
  ReplicaRecord,
  UnconsumedTrial,
  WorkerActivity,
  WorkerCapability,
  WorkerRecord,
} from '../shared-store.ts';
import { json, processIdentity, read } from './rows.ts';
import type { GradientsTable, ReplicasTable, WorkersTable } from './tables.ts';

const capability: z.ZodType<WorkerCapability> = z.object({
  slots: z.int().min(1),
  threads: z.int().min(1),
  device: z.string(),
  version: z.string(),
  datasetChecksum: z.string().nullable(),
});

const activity: z.ZodType<WorkerActivity> = z.object({
  running: z.array(z.int()),
  finished: z.int().min(0),
  failed: z.int().min(0),
  lastError: z.string().nullable(),
});

const replicaRow = z
  .object({
    replica: z.int().min(1),
    owner: json.pipe(processIdentity).nullable(),
    sequence: z.int().min(0),
    seen_ms: z.number(),
    now_ms: z.number(),
  })
  .transform(
    (row): ReplicaRecord => ({
      replica: row.replica,
      owner: row.owner,
      sequence: row.sequence,
      silentMs: Math.max(0, row.now_ms - row.seen_ms),
    }),
  );

const workerRow = z
  .object({
    worker: z.string(),
    owner: json.pipe(processIdentity),
    capability: json.pipe(capability),
    state: z.enum(['working', 'left']),
    activity: json.pipe(activity),
    joined_ms: z.number(),
    seen_ms: z.number(),
    now_ms: z.number(),
  })
  .transform(
    (row): WorkerRecord => ({
      worker: row.worker,
      owner: row.owner,
      capability: row.capability,
      state: row.state,
      activity: row.activity,
      joinedAt: new Date(row.joined_ms).toISOString(),
      silentMs: Math.max(0, row.now_ms - row.seen_ms),
    }),
  );

const gradientRow = z
  .object({
    replica: z.int(),
    sequence: z.int(),
    trials: z.int(),
    staleness: json.pipe(z.array(z.int())),
    applied_ms: z.number(),
  })
  .transform(
    (row): GradientRecord => ({
      replica: row.replica,
      sequence: row.sequence,
      trials: row.trials,
      staleness: row.staleness,
      appliedAt: new Date(row.applied_ms).toISOString(),
    }),
  );

const unconsumedRow: z.ZodType<UnconsumedTrial> = z.object({
  number: z.int(),
  replica: z.int(),
  state: z.enum(trialStates),
  reward: z.number().nullable(),
});

export function unconsumedFromRow(row: { readonly number: number }, location: string): UnconsumedTrial {
  return read(unconsumedRow, row, `trial ${row.number}`, location);
}

/** A row with the database's time at which it was read. */
type Timed<T> = T & { readonly now_ms: number };

export function replicaFromRow(row: Timed<ReplicasTable>, location: string): ReplicaRecord {
  return read(replicaRow, row, `replica ${row.replica}`, location);
}

export function workerFromRow(row: Timed<WorkersTable>, location: string): WorkerRecord {
  return read(workerRow, row, `worker ${row.worker}`, location);
}

export function gradientFromRow(row: GradientsTable, location: string): GradientRecord {
  return read(gradientRow, row, `gradient ${row.sequence} of replica ${row.replica}`, location);
}

/** A process as a column keeps it. */
export function ownerColumn({ host, bootId, pid, startTime }: ProcessIdentity): string {
  return JSON.stringify({ host, bootId, pid, startTime });
}
