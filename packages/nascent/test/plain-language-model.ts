import { deriveSeed, randomStream } from '../src/random.ts';
import {
  decodeTokens,
  parseRecurrentArchitecture,
  type RecurrentArchitecture,
  spaceOfTokens,
} from '../src/search-space/index.ts';
import { knownCells } from '../src/search-space/recurrent-cell/known-cells.ts';

/** A known cell, decoded from its tokens. */
export function knownCell(name: string): RecurrentArchitecture {
  const tokens = knownCells.get(name)?.tokens ?? '';
  const space = spaceOfTokens(tokens);
  return parseRecurrentArchitecture(space.decode(decodeTokens(tokens, space)));
}

/** A text that can be learned: the words 0, 1, … over and over, now and then one skipped. */
export function countingText(words: number, vocabulary: number, seed = 1): Int32Array {
  const random = randomStream(deriveSeed('counting', seed));
  let word = 0;
  return Int32Array.from({ length: words }, () => {
    word = (word + (random.uniform() < 0.05 ? 2 : 1)) % vocabulary;
    return word;
  });
}
