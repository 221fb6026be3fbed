import { existsSync } from 'node:fs';
import { loadSafetensors, saveSafetensors, type Tensor, TorchError } from '@nascent/torch';
import { z } from 'zod';
import { NascentError } from '../errors.ts';
import type { EpochReport } from '../evaluation/evaluation.ts';
import { epochReportSchema } from '../evaluation/parse.ts';
import { canonicalJson, hashOf } from '../search-space/index.ts';

/**
 * Everything that a training needs to go on bit for bit: weights and batch-norm statistics, momentum, the epochs
 * done with their curve, and what is trained.
 */
export interface Checkpoint {
  /** Epochs that are done; at least 1. */
  readonly epoch: number;
  /** One report for each of them. */
  readonly curve: readonly EpochReport[];
  /** State dict of the network. */
  readonly network: ReadonlyMap<string, Tensor>;
  /** State dict of the optimiser. */
  readonly optimiser: ReadonlyMap<string, Tensor>;
}

/**
 * What a checkpoint belongs to, by name: architecture, recipe, data, seed, … Plain JSON. All of it must be equal
 * where training goes on.
 */
export type TrainingIdentity = Readonly<Record<string, unknown>>;

export type CheckpointErrorCode =
  /** Truncated or damaged. */
  | 'CHECKPOINT_BROKEN'
  /** A safetensors file of something else, or of a later release. */
  | 'CHECKPOINT_FOREIGN'
  /** A checkpoint of another training. */
  | 'CHECKPOINT_MISMATCH'
  | 'CHECKPOINT_NOT_WRITTEN';

/** A checkpoint that cannot be used, or not be written. The file stays as it is. */
export class CheckpointError extends NascentError {
  constructor(code: CheckpointErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}

const FORMAT = 'nascent.checkpoint';
const VERSION = 1;
const NETWORK = 'network.';
const OPTIMISER = 'optimiser.';

const headSchema = z.looseObject({ version: z.int() });
const metadataSchema = z
  .strictObject({
    version: z.literal(VERSION),
    epoch: z.int().min(1),
    curve: z.array(epochReportSchema),
    identity: z.record(z.string(), z.unknown()),
  })
  .refine(({ epoch, curve }) => curve.length === epoch, 'the curve does not have one report for each epoch');

/**
 * Writes a checkpoint in the place of the one before: a reader, or a process that is killed, finds the old one or
 * the new one, never a part.
 * @throws CheckpointError `CHECKPOINT_NOT_WRITTEN`; the old one is untouched then
 */
export function saveCheckpoint(path: string, checkpoint: Checkpoint, identity: TrainingIdentity): void {
  const { epoch, curve, network, optimiser } = checkpoint;
  const tensors = new Map([
    ...[...network].map(([name, tensor]) => [NETWORK + name, tensor] as const),
    ...[...optimiser].map(([name, tensor]) => [OPTIMISER + name, tensor] as const),
  ]);
  const metadata = { [FORMAT]: JSON.stringify({ version: VERSION, epoch, curve, identity }) };
  try {
    saveSafetensors(path, tensors, metadata);
  } catch (cause) {
    if (!(cause instanceof TorchError) || cause.code !== 'FILE_ACCESS') throw cause;
    throw new CheckpointError(
      'CHECKPOINT_NOT_WRITTEN',
      `the checkpoint after epoch ${epoch} was not written; the one before it, if there is one, is untouched. ` +
        'Make room on the disk (or give another directory) and run the same command again to go on from there',
      { cause },
    );
  }
}

/**
 * Reads a checkpoint of this very training. Its tensors belong to the current scope, else to the caller.
 * @returns null where there is no file
 * @throws CheckpointError `CHECKPOINT_BROKEN`, `CHECKPOINT_FOREIGN`, `CHECKPOINT_MISMATCH`
 */
export function loadCheckpoint(path: string, identity: TrainingIdentity): Checkpoint | null {
  if (!existsSync(path)) return null;
  const { tensors, metadata } = contentsOf(path);
  try {
    const { epoch, curve, identity: stored } = parseMetadata(path, metadata[FORMAT]);
    refuseOther(path, stored, identity);
    return { epoch, curve, network: partOf(tensors, NETWORK), optimiser: partOf(tensors, OPTIMISER) };
  } catch (thrown) {
    for (const tensor of tensors.values()) tensor.dispose();
    throw thrown;
  }
}

function contentsOf(path: string) {
  try {
    return loadSafetensors(path);
  } catch (cause) {
    if (!(cause instanceof TorchError)) throw cause;
    throw broken(path, cause);
  }
}

function parseMetadata(path: string, text: string | undefined): z.output<typeof metadataSchema> {
  if (text === undefined) {
    throw new CheckpointError(
      'CHECKPOINT_FOREIGN',
      `${path} is a safetensors file, but not a checkpoint of a training: it has no metadata "${FORMAT}". ` +
        'It is left as it is: move it away, or choose another directory.',
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw broken(path, cause);
  }
  const head = headSchema.safeParse(json);
  if (head.success && head.data.version > VERSION) {
    throw new CheckpointError(
      'CHECKPOINT_FOREIGN',
      `${path} is a checkpoint of version ${head.data.version}; this release reads version ${VERSION}. ` +
        'A newer release of Nascent wrote it: go on with that one, or choose another directory.',
    );
  }
  const parsed = metadataSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw broken(path, new Error(z.prettifyError(parsed.error)));
}

function broken(path: string, cause: unknown): CheckpointError {
  return new CheckpointError(
    'CHECKPOINT_BROKEN',
    `the checkpoint ${path} cannot be read: it was damaged after it was written. It is left as it is: delete it to ` +
      'train again from the first epoch, or restore it from a copy',
    { cause },
  );
}

function refuseOther(path: string, stored: TrainingIdentity, expected: TrainingIdentity): void {
  for (const name of new Set([...Object.keys(stored), ...Object.keys(expected)])) {
    const [before, now] = [canonicalJson(stored[name] ?? null), canonicalJson(expected[name] ?? null)];
    if (before === now) continue;
    throw new CheckpointError(
      'CHECKPOINT_MISMATCH',
      `the checkpoint ${path} belongs to another training: its ${name} is ${shortened(before)}, now it is ` +
        `${shortened(now)}. It is left as it is: change that back, or choose another directory.`,
    );
  }
}

/** Long values often begin alike: their digests differ. */
function shortened(json: string): string {
  return json.length <= 400 ? json : `${json.slice(0, 60)}… (digest ${hashOf(json).slice(0, 8)})`;
}

function partOf(tensors: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> {
  return new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  );
}
