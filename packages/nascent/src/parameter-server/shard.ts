import { NascentError } from '../errors.ts';
import type { ShardContent, ShardRecord } from '../store/shared-store.ts';
import { type AdamState, adamStep, freshAdam } from './adam.ts';

/** A shard's bytes in the store are not what they should be. */
export class ShardDamagedError extends NascentError {
  constructor(problem: string) {
    super('SHARD_DAMAGED', `a shard of the parameter server cannot be read: ${problem}`);
  }
}

/** What a shard's optimiser remembers. */
export interface ShardMemory {
  readonly adam: AdamState;
  /** How many gradients were gathered since the last update, and their sum. */
  readonly gathered: number;
  readonly sum: Float32Array;
}

export interface ShardSettings {
  /** Adam's step size. */
  readonly learningRate: number;
  /** Gradients that make one update, at least 1. */
  readonly accumulate: number;
}

const magic = 0x3141534e; // "NSA1"
const headerBytes = 16;

/** The first state of a shard. */
export function freshShard(
  parameters: Float32Array,
  adam: AdamState = freshAdam(parameters.length),
): ShardContent {
  const memory = { adam, gathered: 0, sum: new Float32Array(parameters.length) };
  return { parameters: bytesOfFloats(parameters), optimiser: encodeMemory(memory) };
}

/**
 * A shard after one more gradient (Zoph & Le 2017, §3.2). Once `accumulate` have been gathered, Adam takes one step with
 * their mean and the version goes up by one; until then only the memory changes.
 * @throws ShardDamagedError
 */
export function withGradient(
  shard: ShardRecord,
  gradient: Float32Array,
  { learningRate, accumulate }: ShardSettings,
): ShardRecord {
  const memory = decodeMemory(shard.optimiser, gradient.length);
  const parameters = floatsOfBytes(shard.parameters, gradient.length);
  const sum = memory.gathered === 0 ? gradient : memory.sum.map((value, k) => value + (gradient[k] ?? 0));
  const gathered = memory.gathered + 1;
  if (gathered < accumulate) {
    return { ...shard, optimiser: encodeMemory({ adam: memory.adam, gathered, sum }) };
  }
  const mean = gathered === 1 ? sum : sum.map((value) => value / gathered);
  const step = adamStep(parameters, mean, memory.adam, learningRate);
  return {
    version: shard.version + 1,
    parameters: bytesOfFloats(step.parameters),
    optimiser: encodeMemory({ adam: step.state, gathered: 0, sum: new Float32Array(gradient.length) }),
  };
}

/**
 * "NSA1", length, steps and gathered as uint32, then means, squares and, where anything was gathered, the sum as float32;
 * all little-endian.
 */
function encodeMemory({ adam, gathered, sum }: ShardMemory): Uint8Array {
  const parts = gathered === 0 ? [adam.means, adam.squares] : [adam.means, adam.squares, sum];
  const bytes = new Uint8Array(headerBytes + 4 * parts.length * sum.length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of [magic, sum.length, adam.steps, gathered].entries())
    view.setUint32(4 * at, value, true);
  for (const [part, floats] of parts.entries()) {
    bytes.set(bytesOfFloats(floats), headerBytes + part * 4 * sum.length);
  }
  return bytes;
}

/** @throws ShardDamagedError */
export function decodeMemory(bytes: Uint8Array, length: number): ShardMemory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const gathered = bytes.byteLength < headerBytes ? 0 : view.getUint32(12, true);
  const expected = headerBytes + (gathered === 0 ? 8 : 12) * length;
  if (
    bytes.byteLength !== expected ||
    view.getUint32(0, true) !== magic ||
    view.getUint32(4, true) !== length
  ) {
    throw new ShardDamagedError(
      `its optimiser has ${bytes.byteLength} bytes, expected ${expected} for ${length} parameters`,
    );
  }
  const part = (index: number) =>
    floatsOfBytes(
      bytes.subarray(headerBytes + index * 4 * length, headerBytes + (index + 1) * 4 * length),
      length,
    );
  return {
    adam: { steps: view.getUint32(8, true), means: part(0), squares: part(1) },
    gathered,
    sum: gathered === 0 ? new Float32Array(length) : part(2),
  };
}

/** @throws ShardDamagedError where it is not so many */
export function floatsOfBytes(bytes: Uint8Array, length: number): Float32Array {
  if (bytes.byteLength !== 4 * length) {
    throw new ShardDamagedError(`it has ${bytes.byteLength} bytes for ${length} parameters of 4 bytes`);
  }
  // Copied: the store's bytes may begin at an odd address.
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

export function bytesOfFloats(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
