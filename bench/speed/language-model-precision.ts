/**
 * What bfloat16 does to the perplexity of a language model: NASCell, three seeds of both precisions; prints one line of
 * JSON with the validation perplexities.
 *
 *     npx tsx bench/speed/language-model-precision.ts --text DIRECTORY [--hidden 200] [--words 200000] [--epochs 2]
 *
 * DIRECTORY has ptb.train.txt and ptb.valid.txt.
 */
import { parseArgs } from 'node:util';
import { setThreads } from '@nascent/torch';
import {
  LanguageModel,
  languageModelRecipeSchema,
  trainLanguageModel,
} from '../../packages/nascent/src/child/language-model/index.ts';
import { loadTrainingText, textOptionsSchema } from '../../packages/nascent/src/dataset/index.ts';
import type { EpochReport } from '../../packages/nascent/src/evaluation/evaluation.ts';
import {
  decodeTokens,
  knownCells,
  parseRecurrentArchitecture,
  spaceOfTokens,
} from '../../packages/nascent/src/search-space/index.ts';

const { values } = parseArgs({
  options: {
    text: { type: 'string', default: '../shared/data/ptb' },
    hidden: { type: 'string', default: '200' },
    words: { type: 'string', default: '200000' },
    epochs: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
  },
});
setThreads(Number(values.threads));
const dataset = textOptionsSchema.parse({
  name: 'penn-treebank',
  path: values.text,
  trainTokens: Number(values.words),
  validationTokens: 20_000,
});
const text = await loadTrainingText(dataset, { configDirectory: process.cwd() });
const tokens = knownCells.get('nascell')?.tokens ?? '';
const space = spaceOfTokens(tokens);
const cell = parseRecurrentArchitecture(space.decode(decodeTokens(tokens, space)));
const shape = {
  vocabulary: text.vocabulary.words.length,
  hidden: Number(values.hidden),
  layers: 2,
  tied: true,
};

const found: Record<'float32' | 'bfloat16', number[]> = { float32: [], bfloat16: [] };
const seconds: Record<'float32' | 'bfloat16', number[]> = { float32: [], bfloat16: [] };
for (const seed of [1, 2, 3]) {
  for (const precision of ['float32', 'bfloat16'] as const) {
    const recipe = languageModelRecipeSchema.parse({
      epochs: Number(values.epochs),
      optimiser: 'adam',
      learningRate: 0.004,
      schedule: 'cosine',
      initialisation: 0.4,
      dropout: { embedding: 0, input: 0.1, recurrent: 0, output: 0.1 },
      precision,
    });
    const model = new LanguageModel(cell, shape, { seed, initialisation: recipe.initialisation });
    const curve: EpochReport[] = [];
    const outcome = await trainLanguageModel(model, text, recipe, {
      seed,
      signal: new AbortController().signal,
      limitMs: null,
      report: (epoch) => curve.push(epoch),
    });
    model.dispose();
    if (outcome.kind !== 'completed') throw new Error(`${precision}, seed ${seed}: ${outcome.kind}`);
    const last = curve.at(-1);
    found[precision].push(last?.score.value ?? Number.NaN);
    seconds[precision].push((last?.elapsedMs ?? Number.NaN) / 1000);
  }
}
console.log(JSON.stringify({ perplexity: found, seconds, ...shape }));
