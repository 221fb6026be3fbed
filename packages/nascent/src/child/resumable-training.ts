import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Module, type Tensor, TorchError } from '@nascent/torch';
import { messageOf } from '../errors.ts';
import type { EpochReport, Outcome } from '../evaluation/evaluation.ts';
import type { EvaluationContext } from '../evaluation/evaluator.ts';
import { hashOf } from '../search-space/index.ts';
import {
  type Checkpoint,
  CheckpointError,
  loadCheckpoint,
  saveCheckpoint,
  type TrainingIdentity,
} from './checkpoint.ts';
import { outcomeOfThrown } from './evaluate-training.ts';
import type { TrainingContext } from './train-classifier.ts';

/** Between two checkpoints of a child, so that writing them stays far below the time that losing it would cost. */
export const CHECKPOINT_EVERY_MS = 30_000;

export interface ResumableTraining {
  /** Its weights are restored, saved and not owned. */
  readonly network: Module;
  /** What is trained: architecture, recipe, data, seed. */
  readonly identity: TrainingIdentity;
  /** Where checkpoints lie, seen by every machine of the study; null: none are written. */
  readonly directory: string | null;
  readonly everyMs?: number;
}

type Resumed = Pick<TrainingContext, 'resume' | 'checkpoint' | 'report'>;

/**
 * Trains a child so that another worker can go on where this one was killed: from its last checkpoint, bit for bit as if
 * nothing had happened (on the same kind of device, with as many threads). The epochs before it are reported again. When the
 * child has ended, also early, late or out of memory, its checkpoint is removed; where it was only handed back, it stays.
 *
 * A checkpoint that cannot be written or read costs time, not the child: it is then trained without, or from its first epoch.
 * @returns what `train` returns
 * @throws what `train` throws
 */
export async function trainResumably(
  { network, identity, directory, everyMs = CHECKPOINT_EVERY_MS }: ResumableTraining,
  { report, signal }: Pick<EvaluationContext, 'report' | 'signal'>,
  train: (context: Resumed) => Promise<Outcome>,
): Promise<Outcome> {
  if (directory === null) return train({ report });
  const path = join(directory, `${hashOf(identity).slice(0, 32)}.safetensors`);
  const before = restored(path, identity, network);
  const curve: EpochReport[] = [];
  let savedAt = performance.now();
  try {
    if (before !== null) {
      for (const epoch of before.curve) {
        curve.push(epoch);
        report(epoch);
      }
    }
    const earlierMs = curve.at(-1)?.elapsedMs ?? 0;
    const outcome = await train({
      resume: before === null ? undefined : { epoch: before.epoch, optimiser: before.optimiser },
      report: (epoch) => {
        const whole = { ...epoch, elapsedMs: earlierMs + epoch.elapsedMs };
        curve.push(whole);
        report(whole);
      },
      checkpoint: ({ epoch, optimiser }) => {
        if (signal.aborted || performance.now() - savedAt < everyMs) return;
        save(
          path,
          directory,
          { epoch, curve: [...curve], network: network.stateDict(), optimiser },
          identity,
        );
        savedAt = performance.now();
      },
    });
    attempt(() => rmSync(path, { force: true }));
    return outcome;
  } catch (thrown) {
    if (isEnd(thrown)) attempt(() => rmSync(path, { force: true }));
    throw thrown;
  } finally {
    dispose(before?.optimiser);
  }
}

/** What ends a child for good, though it is thrown: its outcome is made of it. */
function isEnd(thrown: unknown): boolean {
  return outcomeOfThrown(thrown) !== null || (thrown instanceof Error && thrown.name === 'TimeoutError');
}

/** The checkpoint that is there, with the network's weights already taken from it; null: begin at the first epoch. */
function restored(
  path: string,
  identity: TrainingIdentity,
  network: Module,
): Pick<Checkpoint, 'epoch' | 'curve' | 'optimiser'> | null {
  const checkpoint = checkpointAt(path, identity);
  if (checkpoint === null) return null;
  try {
    network.loadStateDict(checkpoint.network); // all of it or nothing
    return checkpoint;
  } catch (thrown) {
    dispose(checkpoint.optimiser);
    if (!(thrown instanceof TorchError) || thrown.code !== 'STATE_DICT_MISMATCH') throw thrown;
    // Another release's, whose networks name their weights otherwise.
    process.stderr.write(`${path}: ${thrown.message}; this child begins at its first epoch\n`);
    return null;
  } finally {
    dispose(checkpoint.network);
  }
}

function dispose(tensors: ReadonlyMap<string, Tensor> | undefined): void {
  for (const tensor of tensors?.values() ?? []) tensor.dispose();
}

function checkpointAt(path: string, identity: TrainingIdentity): Checkpoint | null {
  try {
    return loadCheckpoint(path, identity);
  } catch (thrown) {
    if (!(thrown instanceof CheckpointError)) throw thrown;
    process.stderr.write(`${thrown.message}; this child begins at its first epoch\n`);
    return null;
  }
}

function save(path: string, directory: string, checkpoint: Checkpoint, identity: TrainingIdentity): void {
  attempt(() => {
    mkdirSync(directory, { recursive: true });
    saveCheckpoint(path, checkpoint, identity);
  });
}

/** Does something to the folder of checkpoints; the child goes on where that fails. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (thrown) {
    process.stderr.write(`checkpoints: ${messageOf(thrown)}; the child goes on without\n`);
  }
}
