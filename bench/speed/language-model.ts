/**
 * Training of a language model as a study does it, timed; prints one line of JSON.
 *
 *     npx tsx bench/speed/language-model.ts nascell|lstm [--hidden 200] [--steps 35] [--chunks 10] [--warm-up 3]
 *         [--threads 2] [--precision float32|bfloat16] [--device cpu]
 */
import { parseArgs } from 'node:util';
import { engineInfo, setThreads } from '@nascent/torch';
import {
  LanguageModel,
  LanguageModelTrainer,
  languageModelRecipeSchema,
} from '../../packages/nascent/src/child/language-model/index.ts';
import { randomStream } from '../../packages/nascent/src/random.ts';
import {
  decodeTokens,
  knownCells,
  parseRecurrentArchitecture,
  spaceOfTokens,
} from '../../packages/nascent/src/search-space/index.ts';

const VOCABULARY = 10_000;
const BATCH = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hidden: { type: 'string', default: '200' },
    steps: { type: 'string', default: '35' },
    chunks: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    precision: { type: 'string', default: 'float32' },
    device: { type: 'string', default: 'cpu' },
  },
});
const [hidden, steps, chunks, warmUp, threads] = [
  values.hidden,
  values.steps,
  values.chunks,
  values['warm-up'],
  values.threads,
].map(Number) as [number, number, number, number, number];

const tokens = knownCells.get(positionals[0] ?? '')?.tokens ?? '';
const space = spaceOfTokens(tokens);
const cell = parseRecurrentArchitecture(space.decode(decodeTokens(tokens, space)));
setThreads(threads);
const shape = { vocabulary: VOCABULARY, hidden, layers: 2, tied: false };
const model = new LanguageModel(cell, shape, { seed: 0, initialisation: 0.05, device: values.device });
// As `pytorch_language_model.py` does it: without dropout.
const recipe = languageModelRecipeSchema.parse({
  steps,
  batchSize: BATCH,
  precision: values.precision,
  dropout: { embedding: 0, input: 0, recurrent: 0, output: 0 },
});
const random = randomStream(0, 'bench');
const text = Int32Array.from({ length: ((warmUp + chunks) * steps + 1) * BATCH }, () =>
  random.integer(VOCABULARY),
);
const trainer = new LanguageModelTrainer(model, text, recipe, 0);
let [done, started] = [0, 0];
const loss = await trainer.epoch(1, async () => {
  // The event loop runs at every step in a study as well.
  await new Promise(setImmediate);
  if (done++ === warmUp) started = performance.now();
});
const seconds = (performance.now() - started) / 1000;
console.log(
  JSON.stringify({
    wordsPerSecond: (chunks * steps * BATCH) / seconds,
    meanLoss: loss,
    parameters: model.parameterCount(),
    peakMiB: process.resourceUsage().maxRSS / 1024,
    engine: `libtorch ${engineInfo().libtorch}`,
  }),
);
trainer.dispose();
model.dispose();
