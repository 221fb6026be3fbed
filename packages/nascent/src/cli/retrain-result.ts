import type { FinishedTraining } from '../experiment/retrain/finished.ts';
import type { RetrainSubject } from '../experiment/retrain/plan.ts';
import type { RetrainResult } from '../experiment/retrain/retrain.ts';
import type { TestResult } from '../experiment/retrain/test-once.ts';
import { languageRecipe } from './retrain-view.ts';
import { scoreText } from './search-view.ts';
import { trialJson } from './trial-json.ts';

/** What a finished retraining says on the terminal. */
export function resultLines(final: FinishedTraining, test: TestResult): readonly string[] {
  const { run, curve, parameters } = final;
  const last = curve.at(-1)?.score;
  return [
    testLine(final, test),
    `validation ${last?.metric ?? 'score'} ${scoreText(last ?? null)} after ${curve.length} epochs, ` +
      `${parameters.toLocaleString('en')} parameters`,
    `recipe of run ${run}: ${recipeText(final)}`,
  ];
}

function testLine(final: FinishedTraining, test: TestResult): string {
  if (test.metric === 'accuracy') {
    const accuracy = scoreText({ metric: 'accuracy', value: test.accuracy });
    return `test accuracy ${accuracy} on ${imagesOf(test.confusion).toLocaleString('en')} images`;
  }
  const level = final.kind === 'language-model' ? final.level : 'word';
  const perplexity = scoreText({ metric: 'perplexity', value: test.perplexity });
  return (
    `test perplexity ${perplexity} (${test.bitsPerToken.toFixed(4)} bits per ${level}) ` +
    `on ${test.words.toLocaleString('en')} ${level}s`
  );
}

function recipeText(final: FinishedTraining): string {
  if (final.kind === 'language-model') return languageRecipe(final.recipe);
  const { learningRate, weightDecay, batchNormEpsilon, decayAt } = final.recipe;
  return (
    `learning rate ${learningRate}, weight decay ${weightDecay}, ` +
    `batch-norm ε ${batchNormEpsilon}, decay at ${decayAt.join(', ')}`
  );
}

function imagesOf(confusion: readonly (readonly number[])[]): number {
  return confusion.flat().reduce((sum, count) => sum + count, 0);
}

/** What `--json` prints of a retraining, interrupted or finished. */
export function resultJson(subject: RetrainSubject, out: string, result: RetrainResult) {
  const { interrupted, runs, final, test, stored, files } = result;
  return {
    network: subject.label,
    tokens: subject.tokens,
    out,
    interrupted,
    stored,
    runs: runs.map(trialJson),
    final: final === null ? null : finalJson(final),
    test: test === null ? null : testJson(test, final),
    files,
  };
}

function finalJson(final: FinishedTraining) {
  const { run, recipe, curve, parameters } = final;
  const value = curve.at(-1)?.score.value ?? null;
  const begun = { run, recipe, epochs: curve.length };
  if (final.kind === 'classifier') return { ...begun, validationAccuracy: value, parameters, curve };
  const { shape, level, words, samples } = final;
  return { ...begun, validationPerplexity: value, parameters, curve, shape, level, words, samples };
}

function testJson(test: TestResult, final: FinishedTraining | null) {
  if (test.metric === 'accuracy') {
    const classNames = final?.kind === 'classifier' ? final.classNames : [];
    return { ...test, images: imagesOf(test.confusion), classNames };
  }
  const byCharacter = final?.kind === 'language-model' && final.level === 'character';
  return { ...test, ...(byCharacter ? { bitsPerCharacter: test.bitsPerToken } : {}) };
}
