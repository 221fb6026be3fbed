import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/**
 * A named stream of random numbers.
 *
 * Streams with different names are independent; the same name gives the same numbers on every machine and in
 * every process. Nothing about a stream needs saving: whoever resumes derives it again by name.
 */
export interface RandomStream {
  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number;
  /** Uniform integer in [0, below), unbiased. `below` is an integer in [1, 2^32]. */
  integer(below: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** A random permutation of 0 … length−1 (Fisher–Yates). */
  permutation(length: number): Int32Array;
}

type Key = string | number | bigint;

function digest(keys: readonly Key[]): Buffer {
  // JSON keeps ('a', 'b') apart from ('ab') and 1 apart from '1'.
  const text = JSON.stringify(keys.map((key) => (typeof key === 'bigint' ? `${key}n` : key)));
  return createHash('sha256').update(text).digest();
}

/**
 * A seed derived from other seeds and names, for example `deriveSeed(studySeed, 'trial', number)`.
 * @returns an integer in [0, 2^48): exact in JSON and accepted by libtorch
 */
export function deriveSeed(...keys: readonly Key[]): number {
  return digest(keys).readUIntBE(0, 6);
}

/**
 * The stream named by its keys, for example `randomStream(studySeed, 'sample', 17)`.
 *
 * The keys are hashed into the generator's state: neighbouring seeds of xoroshiro128+ are correlated
 * otherwise.
 */
export function randomStream(...keys: readonly Key[]): RandomStream {
  const hash = digest(keys);
  const state = [0, 4, 8, 12].map((offset) => hash.readInt32BE(offset));
  const generator = xoroshiro128plusFromState(state);
  const next32 = (): number => generator.next() >>> 0;

  const uniform = (): number => ((next32() >>> 5) * 2 ** 26 + (next32() >>> 6)) / 2 ** 53;
  const integer = (below: number): number => {
    const limit = 2 ** 32 - (2 ** 32 % below); // reject the incomplete last block: no modulo bias
    let drawn = next32();
    while (drawn >= limit) drawn = next32();
    return drawn % below;
  };
  return {
    uniform,
    integer,
    normal() {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform())); // 1 − u is never 0
      return radius * Math.cos(2 * Math.PI * uniform());
    },
    permutation(length) {
      const order = Int32Array.from({ length }, (_, i) => i);
      for (let i = length - 1; i > 0; i--) {
        const j = integer(i + 1);
        const held = order[i] as number;
        order[i] = order[j] as number;
        order[j] = held;
      }
      return order;
    },
  };
}
