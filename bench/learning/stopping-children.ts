import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Evaluation } from '../../packages/nascent/src/evaluation/evaluation.ts';
import { parseEvaluation } from '../../packages/nascent/src/evaluation/parse.ts';
import { deriveSeed, randomStream } from '../../packages/nascent/src/random.ts';
import { convolutional, encodeSample } from '../../packages/nascent/src/search-space/index.ts';
import { sampleUniformly } from '../../packages/nascent/src/search-space/uniform.ts';
import { openProcessPool } from '../../packages/nascent/src/workers/process-pool.ts';

export const EPOCHS = 10;
const space = convolutional({ filterHeight: [1, 3, 5], filterWidth: [1, 3, 5], filterCount: [4, 8, 16] });
const evaluatorOptions = {
  dataset: { name: 'cifar10', trainExamples: 1000, validationExamples: 1000 },
  epochs: EPOCHS,
  batchSize: 50,
  learningRate: 0.1,
  schedule: 'cosine',
};

/** A trained child as the file keeps it: its validation accuracy after each epoch. */
interface ChildLine {
  readonly tokens: string;
  readonly outcome: unknown;
  readonly accuracy: readonly unknown[];
}

/**
 * Random children of three layers, trained on 1,000 images of CIFAR-10 to the end, with their learning curves. Each is
 * written to `file` as soon as it is trained; those that stand there are not trained again.
 */
export async function trainedChildren(count: number, file: string): Promise<readonly Evaluation[]> {
  const known = new Map<string, Evaluation>();
  for (const text of existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []) {
    const child: ChildLine = JSON.parse(text);
    known.set(child.tokens, evaluationOf(child));
  }
  const children = new Map<string, unknown>();
  for (let i = 0; children.size < count; i++) {
    const sample = sampleUniformly(space, { layers: 3 }, randomStream('stopping', 'child', i));
    children.set(encodeSample(sample, space), space.decode(sample));
  }
  const missing = [...children].filter(([tokens]) => !known.has(tokens));
  if (missing.length > 0) {
    const module = { origin: 'built-in', use: 'image-classifier' } as const;
    const pool = openProcessPool({
      workers: 2,
      threads: 1,
      evaluator: { module, options: evaluatorOptions },
      configDirectory: process.cwd(),
    });
    try {
      await Promise.all(
        missing.map(async ([tokens, architecture], i) => {
          const seed = deriveSeed('stopping', tokens);
          const job = { trial: i + 1, attempt: 1, architecture, seed };
          const result = await pool.evaluate(job, { report() {}, signal: new AbortController().signal });
          if (result.kind !== 'evaluated') throw new Error(`${tokens}: ${JSON.stringify(result)}`);
          const { outcome, curve } = result.evaluation;
          const child = { tokens, outcome, accuracy: curve.map(({ score }) => score.value) };
          known.set(tokens, evaluationOf(child));
          appendFileSync(file, `${JSON.stringify(child)}\n`);
          console.error(`${known.size} of ${count} children trained`);
        }),
      );
    } finally {
      await pool.close();
    }
  }
  return [...children.keys()].map((tokens) => {
    const evaluation = known.get(tokens);
    if (evaluation === undefined) throw new Error(`${tokens} was not trained`);
    return evaluation;
  });
}

/** @throws EvaluationInvalidError for a line that somebody has changed */
function evaluationOf({ tokens, outcome, accuracy }: ChildLine): Evaluation {
  const curve = accuracy.map((value, i) => ({
    epoch: i + 1,
    trainingLoss: null,
    score: { split: 'validation', metric: 'accuracy', value },
    elapsedMs: 0,
  }));
  return parseEvaluation({ outcome, curve, parameters: null, facts: {} }, tokens);
}
