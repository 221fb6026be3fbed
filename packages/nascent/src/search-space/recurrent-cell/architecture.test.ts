import { describe, expect, it } from 'vitest';
import { InvalidArchitectureError } from '../errors.ts';
import { parseNativeCell, parseRecurrentArchitecture, parseRecurrentCell } from './architecture.ts';
import { nasCell, workedExample } from './known-cells.ts';

const refusal = (data: unknown): unknown => {
  try {
    return parseRecurrentArchitecture(data);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidArchitectureError);
    return String(error);
  }
};

describe('a recurrent cell from outside', () => {
  it('is what it was', () => {
    expect(parseRecurrentCell(JSON.parse(JSON.stringify(nasCell)))).toEqual(nasCell);
    expect(parseRecurrentArchitecture(workedExample)).toEqual(workedExample);
  });

  it.each([
    [
      'c_t leaves from a node that is not there',
      { cellIndex: 15 },
      /cellIndex/,
      /is 15; the nodes of a cell of base 8 are 0 to 14/,
    ],
    [
      'c_{t−1} enters at a node that is not there',
      { injectIndex: 20 },
      /injectIndex/,
      /is 20; the nodes of .* 0 to 14/,
    ],
    ['an index is negative', { injectIndex: -1 }, /injectIndex/, /-1|>=0/],
    ['an index is no whole number', { cellIndex: 1.5 }, /cellIndex/, /int/],
    [
      'a node is missing',
      { nodes: nasCell.nodes.slice(1) },
      /nodes/,
      /has 14 nodes; a cell of base 8 has 15/,
    ],
    ['the base is another', { base: 4 }, /nodes/, /has 15 nodes; a cell of base 4 has 7/],
    ['the base is none', { base: 6 }, /base/, /is not a power of two from 2 to 64/],
    ['the base is too large', { base: 128 }, /base/, /is not a power of two from 2 to 64/],
    [
      'an activation is unknown',
      { nodes: nasCell.nodes.with(3, { combination: 'add', activation: 'gelu' } as never) },
      /nodes\[3\]\.activation/,
      /"tanh"/,
    ],
    [
      'a combination of the cell inject is unknown',
      { inject: { combination: 'multiply', activation: 'tanh' } },
      /inject\.combination/,
      /"elem_mult"/,
    ],
    ['the version is another', { version: 2 }, /version/, /1/],
    ['there is a field too many', { layers: 2 }, /layers/, /./],
  ])('is refused where %s, with its field', (_, change, field, problem) => {
    const text = refusal({ ...nasCell, ...change });
    expect(text).toMatch(/An architecture of kind "recurrent-cell" is malformed/);
    expect(text).toMatch(field);
    expect(text).toMatch(problem);
  });
});

describe('a native cell from outside', () => {
  it('is one of two layers', () => {
    const lstm = { kind: 'native-cell', version: 1, cell: 'lstm' } as const;
    expect(parseNativeCell(lstm)).toEqual(lstm);
    expect(parseRecurrentArchitecture({ ...lstm, cell: 'gru' })).toEqual({ ...lstm, cell: 'gru' });
  });

  it('is refused where it is another, with its field', () => {
    expect(refusal({ kind: 'native-cell', version: 1, cell: 'rnn' })).toMatch(
      /An architecture of kind "native-cell" is malformed[\s\S]*"lstm"[\s\S]*cell/,
    );
  });
});

describe('an architecture of another kind', () => {
  it('is no recurrent layer, and the refusal says which spaces are', () => {
    expect(refusal({ kind: 'convolutional' })).toMatch(
      /of kind "convolutional" was given where a recurrent layer was expected\. Use .*recurrent-cell, native-cell/,
    );
    expect(refusal(null)).toMatch(/An architecture without a kind/);
  });
});
