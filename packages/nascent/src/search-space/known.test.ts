import { describe, expect, it } from 'vitest';
import {
  decodeTokens,
  knownArchitectures,
  knownCells,
  knownNetworks,
  looksLikeTokens,
  spaceOfTokens,
} from './index.ts';

describe('everything that has a name', () => {
  it('is the networks and the cells, none of the same name', () => {
    expect([...knownArchitectures.keys()]).toEqual([...knownNetworks.keys(), ...knownCells.keys()]);
  });

  it.each([...knownArchitectures])('%s decodes alone', (_, { tokens, about }) => {
    const space = spaceOfTokens(tokens);
    expect(space.decode(decodeTokens(tokens, space))).toHaveProperty('kind');
    expect(about).not.toBe('');
  });

  it('has no name that could be a trial number, "best" or a token string', () => {
    for (const name of knownArchitectures.keys()) {
      expect(name).not.toMatch(/^\d+$|^best$/);
      expect(looksLikeTokens(name)).toBe(false);
    }
  });
});
