import { TorchError } from './errors.ts';
import { type Handle, native } from './native.ts';
import { closeScope, openScope } from './ownership.ts';
import { Tensor } from './tensor.ts';

/**
 * Empty for every result but a promise: as a rest parameter it makes an asynchronous callback a compile-time
 * error, whose message is this tuple's element.
 */
export type Synchronous<T> = 0 extends 1 & T
  ? []
  : [Extract<T, PromiseLike<unknown>>] extends [never]
    ? []
    : ['the callback must be synchronous: its region ends before a promise settles'];

/**
 * Runs `fn` and frees every tensor made in it, except those in what it returns (a Tensor, or arrays, Maps, Sets
 * and plain objects of them, at any depth) and those that were `keep()`-ed. Survivors belong to the scope
 * around this one, or to the caller when there is none.
 *
 * Scopes nest, and end when `fn` throws too.
 * @throws TorchError ASYNC_SCOPE when `fn` returns a promise: its tensors would be freed under it
 */
export function scope<T>(fn: () => T, ..._synchronous: Synchronous<T>): T {
  const survivors = new Map<Handle, Tensor>();
  openScope();
  try {
    const result = fn();
    refusePromise(result, 'scope');
    collect(result, survivors);
    return result;
  } catch (thrown) {
    survivors.clear();
    throw thrown;
  } finally {
    closeScope(survivors);
  }
}

/** Runs `fn` without recording operators for `backward`. */
export function noGrad<T>(fn: () => T, ..._synchronous: Synchronous<T>): T {
  const earlier = native().setGradMode(false);
  try {
    const result = fn();
    refusePromise(result, 'noGrad');
    return result;
  } finally {
    native().setGradMode(earlier);
  }
}

/** Records again inside a `noGrad`. */
export function enableGrad<T>(fn: () => T, ..._synchronous: Synchronous<T>): T {
  const earlier = native().setGradMode(true);
  try {
    const result = fn();
    refusePromise(result, 'enableGrad');
    return result;
  } finally {
    native().setGradMode(earlier);
  }
}

/** @throws TorchError ASYNC_SCOPE */
export function refusePromise(result: unknown, region: string): void {
  if (typeof result !== 'object' || result === null) return;
  if (typeof (result as { then?: unknown }).then !== 'function') return;
  // The promise is nobody's now; its own failure must not end the process as unhandled.
  (result as Promise<unknown>).then(undefined, () => {});
  throw new TorchError(
    'ASYNC_SCOPE',
    `the callback of ${region} returned a promise, but ${region} ends when the callback returns. Await outside, and call ${region} around the synchronous part.`,
  );
}

/** Finds the tensors in a result. Class instances other than Tensor, Array, Map and Set are not searched. */
function collect(value: unknown, found: Map<Handle, Tensor>, seen = new Set<object>()): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Tensor) {
    found.set(value.handle, value);
    return;
  }
  if (ArrayBuffer.isView(value) || seen.has(value)) return;
  seen.add(value);
  if (Array.isArray(value) || value instanceof Set) {
    for (const element of value) collect(element, found, seen);
  } else if (value instanceof Map) {
    for (const [key, element] of value) {
      collect(key, found, seen);
      collect(element, found, seen);
    }
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return;
    for (const element of Object.values(value)) collect(element, found, seen);
  }
}

/** Tensors alive now, by handle: exact. A training loop leaves it constant from step to step. */
export function liveTensors(): number {
  return native().liveTensors();
}

/** Bytes of CPU memory that libtorch holds now, those saved for backward included: exact on Linux and macOS. */
export function nativeBytes(): number {
  return native().nativeBytes();
}

/** The most bytes of CPU memory held since the start, or since the last call with `reset`. */
export function peakNativeBytes(options: { reset?: boolean } = {}): number {
  return native().peakNativeBytes(options.reset ?? false);
}

/**
 * Gives the memory of freed tensors back to the system, which the engine otherwise keeps for the next step. For a
 * process that lives on after a training: the next one may be smaller. Does nothing without glibc, and nothing for the
 * memory of a GPU, which libtorch keeps for this process.
 */
export function releaseMemory(): void {
  native().releaseMemory();
}
