import { defineConfig } from 'nascent';

// Control experiment 1 (Zoph & Le 2017, §4.2): the same search with `max` and `sin` in the lists.
// npx nascent compare bench/learning/recurrent-cells-larger.config.ts --out DIR
// PTB is the directory of ptb.train.txt and ptb.valid.txt.
const directory = process.env['PTB'] ?? '../../../shared/data/ptb';

export default defineConfig({
  space: {
    use: 'recurrent-cell',
    options: {
      combinations: ['add', 'elem_mult', 'max'],
      activations: ['identity', 'tanh', 'sigmoid', 'relu', 'sin'],
    },
  },
  evaluator: {
    use: 'language-model',
    options: {
      dataset: {
        name: 'text',
        path: `${directory}/ptb.train.txt`,
        validationPath: `${directory}/ptb.valid.txt`,
        testFraction: 0,
        // The 1,999 most frequent words; the rest are unknown.
        vocabularySize: 2000,
        unknown: '<unk>',
        trainTokens: 100_000,
        validationTokens: 20_000,
      },
      model: { hidden: 64, layers: 2, tied: true },
      epochs: 3,
      batchSize: 20,
      steps: 20,
      optimiser: 'adam',
      learningRate: 0.006,
      schedule: 'cosine',
      // Trees have no biases and many products: with weights of ±0.1 most signals die at once.
      initialisation: 0.5,
      dropout: { embedding: 0, input: 0.1, recurrent: 0, output: 0.1 },
    },
  },
  strategy: { use: 'policy-gradient' },
  reward: { kind: 'inverse-square-perplexity' },
  trials: 100,
  workers: 2,
  limits: { secondsPerTrial: 120 },
  compare: { strategies: ['strong'], seeds: 2, firstSeed: 1 },
});
