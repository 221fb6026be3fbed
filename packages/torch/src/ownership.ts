import { type Handle, native } from './native.ts';

// Which JavaScript objects own tensors. Inside a scope nothing is noted here: the addon frees the scope's
// tensors in one call. Outside, the garbage collector is the safety net behind dispose().

let depth = 0;

const collected = new FinalizationRegistry<Handle>((handle) => {
  native().release(handle); // a handle that is gone already is ignored
});

export function openScope(): void {
  native().beginScope();
  depth++;
}

/** Ends the innermost scope; `survivors` pass to the one around it, or to their objects when there is none. */
export function closeScope(survivors: ReadonlyMap<Handle, object>): void {
  depth--;
  native().endScope(survivors.size === 0 ? null : [...survivors.keys()]);
  if (depth === 0) for (const [handle, owner] of survivors) watch(owner, handle);
}

/** Called for every new Tensor. */
export function adopt(owner: object, handle: Handle): void {
  if (depth === 0) watch(owner, handle);
}

/** Frees the tensor when its object is collected. */
export function watch(owner: object, handle: Handle): void {
  collected.unregister(owner);
  collected.register(owner, handle, owner);
}

export function release(owner: object, handle: Handle): void {
  collected.unregister(owner);
  native().release(handle);
}
