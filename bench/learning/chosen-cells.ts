import { choice, decodeTokens, defineSpace, knownCells, spaceOfTokens } from 'nascent';

/** The cells of a final comparison, each as its token string: what a search found, and what was known before. */
const found = {
  // The best of the two runs of each (docs/experiments/recurrent-cells.md).
  strong:
    'recurrent-cell@1/f4da5d91/-/combination=elem_mult,activation=tanh,combination=add,activation=identity,combination=add,activation=sigmoid,combination=elem_mult,activation=identity,combination=elem_mult,activation=tanh,combination=elem_mult,activation=tanh,combination=add,activation=identity,combination=add,activation=relu,combination=elem_mult,activation=sigmoid,combination=add,activation=identity,combination=add,activation=tanh,combination=add,activation=sigmoid,combination=elem_mult,activation=relu,combination=add,activation=tanh,combination=elem_mult,activation=identity,combination=elem_mult,activation=sigmoid,cellIndex=14,injectIndex=2/end',
  random:
    'recurrent-cell@1/f4da5d91/-/combination=add,activation=sigmoid,combination=add,activation=sigmoid,combination=add,activation=sigmoid,combination=elem_mult,activation=identity,combination=elem_mult,activation=tanh,combination=add,activation=tanh,combination=elem_mult,activation=sigmoid,combination=add,activation=sigmoid,combination=elem_mult,activation=relu,combination=add,activation=identity,combination=add,activation=identity,combination=add,activation=sigmoid,combination=elem_mult,activation=identity,combination=add,activation=sigmoid,combination=elem_mult,activation=tanh,combination=add,activation=identity,cellIndex=11,injectIndex=10/end',
};

const known = Object.fromEntries(
  ['nascell', 'lstm', 'gru'].map((name) => [name, knownCells.get(name)?.tokens ?? '']),
);
const all: Readonly<Record<string, string>> = { ...found, ...known };
const asked = process.env['CELLS']?.split(',') ?? Object.keys(all);
const tokens = Object.fromEntries(asked.map((name) => [name, all[name] ?? '']));

/** A space of these cells alone, for the strategy `grid`. */
export default defineSpace({
  name: 'chosen-cells',
  version: 1,
  decisions: { cell: choice(asked) },
  arguments: {},
  *program(ask) {
    const text = tokens[yield* ask.cell()] ?? '';
    const space = spaceOfTokens(text);
    return space.decode(decodeTokens(text, space));
  },
});
