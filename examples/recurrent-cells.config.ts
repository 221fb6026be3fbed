import { resolve } from 'node:path';
import { defineConfig } from 'nascent';

// Recurrent cells for a text of your own, or for Penn Treebank where you have its licence: about 5 s a cell.
//   TEXT=my-novel.txt npx nascent search examples/recurrent-cells.config.ts --study cells.db
export default defineConfig({
  space: { use: 'recurrent-cell' },
  evaluator: {
    use: 'language-model',
    options: {
      // A part of War and Peace, unless TEXT names a file (seen from where the command is started). Its last two tenths
      // validate and test.
      dataset: {
        name: 'text',
        path: resolve(process.env['TEXT'] ?? 'packages/nascent/test/fixtures/text/war-and-peace.txt'),
        level: 'character',
        unknown: '<unk>', // stands for characters that only the later parts have
      },
      model: { hidden: 64, layers: 2 },
      epochs: 3,
      batchSize: 20,
      steps: 50,
      optimiser: 'adam',
      learningRate: 0.005,
      schedule: 'cosine',
      // Trees have no biases and many products: with weights of ±0.1 most signals die at once.
      initialisation: 0.4,
      dropout: { embedding: 0, input: 0.1, recurrent: 0, output: 0.1 },
    },
  },
  // c / perplexity², as in the paper.
  reward: { kind: 'inverse-square-perplexity' },
  strategy: { use: 'policy-gradient' },
  trials: 60,
  workers: 2,
  limits: { secondsPerTrial: 120 },
});
