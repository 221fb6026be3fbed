import { architectureKey } from '../search-space/canonical-json.ts';
import type { Sample } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { encodeSample } from '../search-space/tokens.ts';

/** What a sample builds. */
export interface BuiltSample {
  /** The sample as a self-contained token string. */
  readonly tokens: string;
  readonly architecture: unknown;
  /** Identity of the architecture: 64 hexadecimal digits. */
  readonly key: string;
}

/** Some 100 MiB of the architectures of a table. */
const MOST = 100_000;

/**
 * Decodes samples, each distinct one once: a comparison draws the cells of a table again and again, and decoding
 * and hashing take longer than looking a cell up.
 */
export class ArchitecturesOfSamples {
  readonly #space: SearchSpace;
  readonly #built = new Map<string, BuiltSample>();

  constructor(space: SearchSpace) {
    this.#space = space;
  }

  /** @throws ForeignSampleError, InvalidSampleError */
  of(sample: Sample): BuiltSample {
    const asked = sampleKey(sample);
    const known = this.#built.get(asked);
    if (known !== undefined) return known;
    const architecture = this.#space.decode(sample);
    const built = {
      tokens: encodeSample(sample, this.#space),
      architecture,
      key: architectureKey(architecture),
    };
    if (this.#built.size >= MOST) this.#built.clear(); // a search of a huge space: nothing repeats anyway
    this.#built.set(asked, built);
    return built;
  }
}
