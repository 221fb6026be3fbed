// Lesson 4. A recurrent cell: drawn, built into a language model, trained on real text.
//
// A cell is data (Zoph & Le 2017, §3.4): a tree over x and h, and where the memory c enters and leaves it. NASCell is the
// one that the paper's authors found; a search of the space `recurrent-cell` finds others.
import {
  createLanguageModel,
  decodeTokens,
  drawCell,
  knownCells,
  messageOf,
  parseRecurrentCell,
  recurrentCell,
  spaceOfTokens,
} from 'nascent';

const tokens = knownCells.get('nascell')?.tokens ?? '';
const space = spaceOfTokens(tokens);
const nasCell = parseRecurrentCell(space.decode(decodeTokens(tokens, space)));
console.log(drawCell(nasCell, { width: 80, color: false }));
console.log(`one of ${recurrentCell().size?.({})} cells of base 8\n`);

// The evaluator builds the cell into a language model, trains that, and scores it by validation perplexity.
const toy = process.env['NASCENT_EXAMPLE_SIZE'] === 'toy';
const evaluator = await createLanguageModel(
  {
    dataset: {
      name: 'text',
      path: 'packages/nascent/test/fixtures/text/war-and-peace.txt',
      level: 'character',
      unknown: '<unk>', // stands for what only the later parts have
      ...(toy ? { trainTokens: 10_000, validationTokens: 2_000 } : {}),
    },
    model: { parameters: 40_000 },
    epochs: toy ? 1 : 4,
    steps: 40,
    optimiser: 'adam',
    learningRate: 0.01,
    schedule: 'cosine',
    initialisation: 0.4,
    dropout: { embedding: 0, input: 0, recurrent: 0, output: 0 },
  },
  { threads: 2, configDirectory: process.cwd() },
);
const { outcome, parameters, facts } = await evaluator.evaluate(nasCell, {
  seed: 1,
  signal: new AbortController().signal,
  report: ({ epoch, score }) =>
    console.log(`epoch ${epoch}: validation perplexity ${score.value.toFixed(2)}`),
});
console.log(`${outcome.kind}: ${facts['hidden']} units, ${parameters} parameters`);
evaluator.dispose();

// A cell from elsewhere is checked: what is wrong is said.
try {
  parseRecurrentCell({ ...nasCell, cellIndex: 15 });
} catch (error) {
  console.log(`\n${messageOf(error)}`);
}
