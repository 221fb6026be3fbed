/** Random recurrent cells of every base and both lists, for property tests. */
import fc from 'fast-check';
import { randomStream } from '../src/random.ts';
import {
  LARGER_LISTS,
  type RecurrentCellArchitecture,
  type RecurrentCellSpace,
  recurrentCell,
  type Sample,
  sampleUniformly,
} from '../src/search-space/index.ts';

export interface SampledCell {
  readonly space: RecurrentCellSpace;
  readonly sample: Sample;
  readonly cell: RecurrentCellArchitecture;
}

/** A uniform sample of a space of base 2 to `largestBase`, with the paper's lists or the larger ones. */
export function sampledCells(largestBase = 16): fc.Arbitrary<SampledCell> {
  const bases = [2, 4, 8, 16, 32, 64].filter((base) => base <= largestBase);
  return fc
    .tuple(fc.constantFrom(...bases), fc.boolean(), fc.integer())
    .map(([base, larger, seed]): SampledCell => {
      const space = recurrentCell({ base, ...(larger ? LARGER_LISTS : {}) });
      const sample = sampleUniformly(space, {}, randomStream(seed));
      return { space, sample, cell: space.decode(sample) };
    });
}
