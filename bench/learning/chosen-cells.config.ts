import { defineConfig } from 'nascent';

// The cells that the searches found beside NASCell, LSTM and GRU, at equal parameters and equal training:
// for SEED in 1 2 3; do for INIT in 0.1 0.4; do export INIT
//   npx nascent search bench/learning/chosen-cells.config.ts --seed $SEED --study DIR/$INIT-$SEED.db
// done; done
// On characters, of some of them: CELLS=strong,lstm LEVEL=character …
const directory = process.env['PTB'] ?? '../../../shared/data/ptb';
const LEVEL = process.env['LEVEL'] ?? 'word';

export default defineConfig({
  space: { use: './chosen-cells.ts' },
  evaluator: {
    use: 'language-model',
    options: {
      dataset: {
        name: 'text',
        path: `${directory}/ptb.train.txt`,
        validationPath: `${directory}/ptb.valid.txt`,
        testFraction: 0,
        trainTokens: 400_000,
        ...(LEVEL === 'word'
          ? { vocabularySize: 2000, unknown: '<unk>' }
          : { level: 'character', validationTokens: 100_000 }),
      },
      model: { parameters: 520_000, layers: 2, tied: true },
      epochs: 3,
      batchSize: 20,
      steps: LEVEL === 'word' ? 20 : 50,
      optimiser: 'adam',
      learningRate: 0.004,
      schedule: 'cosine',
      initialisation: Number(process.env['INIT'] ?? 0.4),
      dropout: { embedding: 0, input: 0.1, recurrent: 0, output: 0.1 },
    },
  },
  strategy: { use: 'grid' },
  reward: { kind: 'inverse-square-perplexity' },
  trials: process.env['CELLS']?.split(',').length ?? 5,
  workers: 2,
  limits: { secondsPerTrial: 600 },
});
