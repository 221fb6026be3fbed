import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CellStep, interpretCell, numbers, sigmoid, texts } from '../../../test/interpreted-cell.ts';
import { decodeTokens, hashOf, knownCells, type RecurrentCellArchitecture, spaceOfTokens } from '../index.ts';
import { parseRecurrentCell } from './architecture.ts';

function decoded(name: string): unknown {
  const tokens = knownCells.get(name)?.tokens ?? '';
  const space = spaceOfTokens(tokens);
  return space.decode(decodeTokens(tokens, space));
}
const cell = (name: string): RecurrentCellArchitecture => parseRecurrentCell(decoded(name));

/** The formulas of a cell whose leaf i joins `Wix` and `Uih`, as text. */
function formulasOf(known: RecurrentCellArchitecture): CellStep<string> {
  const leaves = known.nodes.slice(0, known.base).map((_, i) => [`W${i}x`, `U${i}h`] as const);
  return interpretCell(known, leaves, 'c', texts);
}

const add = (a: string, b: string) => `(${a}+${b})`;
const multiply = (a: string, b: string) => `(${a}*${b})`;
const act = (name: string) => (value: string) => `${name}(${value})`;
const [tanh, relu, logistic] = [act('tanh'), act('relu'), act('sigmoid')];

describe('known cells', () => {
  it('nascell › has the formulas that were published with it', () => {
    const sum = (i: number) => add(`W${i}x`, `U${i}h`);
    const product = (i: number) => multiply(`W${i}x`, `U${i}h`);
    const first = tanh(add(tanh(multiply(logistic(sum(0)), relu(sum(1)))), 'c'));
    const second = tanh(add(logistic(sum(2)), relu(product(3))));
    const third = tanh(multiply(tanh(sum(4)), logistic(sum(5))));
    const fourth = logistic(add(tanh(sum(6)), logistic(sum(7))));
    const memory = multiply(first, second);
    const output = tanh(multiply(memory, tanh(add(third, fourth))));
    expect(formulasOf(cell('nascell'))).toEqual({ c: memory, h: output });
  });

  it('worked-example › has the formulas that the paper gives', () => {
    const a0 = tanh(add('W0x', 'U0h'));
    const joined = multiply('W1x', 'U1h');
    const a0AfterC = relu(add(a0, 'c'));
    expect(formulasOf(cell('worked-example'))).toEqual({
      c: joined,
      h: logistic(multiply(a0AfterC, relu(joined))),
    });
  });

  it('lstm-like › is c = f·f′·c + i·g and h = tanh(c)·o·o′·o″·o‴ (property)', () => {
    const value = fc.double({ min: -2, max: 2, noNaN: true });
    const leaf = fc.tuple(value, value);
    const eight = fc.array(leaf, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(eight, value, (leaves, c) => {
        const gate = (i: number): number => sigmoid((leaves[i]?.[0] ?? 0) + (leaves[i]?.[1] ?? 0));
        const g = Math.tanh((leaves[3]?.[0] ?? 0) + (leaves[3]?.[1] ?? 0));
        const memory = gate(0) * gate(1) * c + gate(2) * g;
        const output = Math.tanh(memory) * gate(4) * gate(5) * gate(6) * gate(7);
        const step = interpretCell(cell('lstm-like'), leaves, c, numbers);
        expect(step.c).toBeCloseTo(memory, 12);
        expect(step.h).toBeCloseTo(output, 12);
      }),
    );
  });

  it('lstm and gru › are the layers of the engine', () => {
    expect(decoded('lstm')).toEqual({ kind: 'native-cell', version: 1, cell: 'lstm' });
    expect(decoded('gru')).toEqual({ kind: 'native-cell', version: 1, cell: 'gru' });
  });

  // Studies that start from them would change.
  it('golden › their token strings', () => {
    expect(knownCells.get('worked-example')?.tokens).toBe(
      'recurrent-cell@1/57f4b554/options:base=2/-/combination=add,activation=tanh,combination=elem_mult,' +
        'activation=relu,combination=elem_mult,activation=sigmoid,combination=add,activation=relu,cellIndex=1,' +
        'injectIndex=0/end',
    );
    expect(knownCells.get('lstm')?.tokens).toBe('native-cell@1/eae0a5de/-/cell=lstm/end');
    expect([...knownCells].map(([name, { tokens }]) => [name, hashOf(tokens).slice(0, 16)])).toEqual([
      ['nascell', '9f22ec9b69bc1bac'],
      ['lstm-like', 'c2f2169e0978bfb8'],
      ['worked-example', '8dc33547e33dd092'],
      ['lstm', '0510387d6f649b4e'],
      ['gru', 'ecfc6bbeefd26b02'],
    ]);
  });
});
