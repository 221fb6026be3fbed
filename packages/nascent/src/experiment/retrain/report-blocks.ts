import type { ConfusionMatrix } from '../../child/confusion-matrix.ts';
import type { Recipe } from '../../child/recipe.ts';
import { datasetOptionsSchema } from '../../child/training-images.ts';
import { type NetworkDescription, parseRecipeChoice } from '../../search-space/index.ts';
import type { StudyRecord } from '../../store/store.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { nascentVersion } from '../../version.ts';
import type { Block } from '../compare/document.ts';
import type { FinishedTraining } from './finished.ts';
import type { RetrainPlan } from './plan.ts';
import type { TestResult } from './test-once.ts';

/** What a report is written from. */
export interface RetrainFindings {
  readonly plan: RetrainPlan;
  /** The grid's runs. */
  readonly runs: readonly TrialRecord[];
  readonly final: FinishedTraining;
  readonly test: TestResult;
  /** Openings of the test set for networks of the same search; null where there is no search. */
  readonly openings: number | null;
  /** The grid's study. */
  readonly study: StudyRecord;
  readonly command: string;
  readonly draw: (network: NetworkDescription) => string;
}

export function titleOf({ plan, test }: RetrainFindings): string {
  return `${plan.subject.label} retrained: test accuracy ${percent(test.accuracy)}`;
}

/** The report. Figures: `training`, `confusion` and `network`. */
export function reportBlocks(
  findings: RetrainFindings,
  network: NetworkDescription,
  captions: ReadonlyMap<string, string>,
): readonly Block[] {
  const { final, test } = findings;
  const figure = (name: string): Block => ({ kind: 'figure', name, caption: captions.get(name) ?? '' });
  return [
    { kind: 'heading', level: 1, text: titleOf(findings) },
    resultTable(findings, network),
    { kind: 'paragraph', text: testSentence(findings) },
    { kind: 'heading', level: 2, text: 'The network' },
    figure('network'),
    { kind: 'heading', level: 2, text: 'Grid search' },
    { kind: 'paragraph', text: gridSentence(findings) },
    gridTable(findings),
    { kind: 'heading', level: 2, text: 'Final training' },
    figure('training'),
    recipeTable(final.recipe),
    { kind: 'heading', level: 2, text: 'Test images' },
    figure('confusion'),
    classTable(test.confusion, final.classNames),
    { kind: 'heading', level: 2, text: 'How it was made' },
    { kind: 'list', items: provenance(findings) },
  ];
}

function resultTable({ final, test }: RetrainFindings, network: NetworkDescription): Block {
  const last = final.curve.at(-1);
  return {
    kind: 'table',
    head: ['', 'value'],
    rows: [
      ['test accuracy', percent(test.accuracy)],
      ['test error', percent(1 - test.accuracy)],
      ['test images', whole(test.confusion.flat().reduce((sum, count) => sum + count, 0))],
      [validationName(final), last === undefined ? '–' : percent(last.score.value)],
      ['parameters', whole(final.parameters)],
      ['multiply-adds for one image', whole(network.flops)],
      ['epochs', whole(final.curve.length)],
      ['seconds of training', last === undefined ? '–' : whole(last.elapsedMs / 1000)],
    ],
  };
}

/** Trained on the validation images too, their accuracy says little. */
export function validationName({ examples, validationExamples }: FinishedTraining, seen = false): string {
  return seen
    ? `accuracy on the validation images (${whole(validationExamples)} of the ${whole(examples)} trained on)`
    : 'validation accuracy';
}

function testSentence({ test, openings }: RetrainFindings): string {
  const day = test.openedAt.slice(0, 16).replace('T', ' ');
  const once = `The test set was opened once for this network, after training (${day} UTC).`;
  const cut =
    test.cutOff === 0
      ? once
      : `The test set was opened ${test.cutOff + 1} times for this network: ${test.cutOff} time${test.cutOff === 1 ? ' was' : 's were'} cut off ` +
        `before a result was stored, and the same weights were tested again (${day} UTC).`;
  if (openings === null) return cut;
  return openings <= test.cutOff + 1
    ? `${cut} Nothing else of this search has been tested.`
    : `${cut} The log of the search has ${openings} openings in all: other networks of it, or other retrainings of this ` +
        'one, were tested too, so the best of their scores is optimistic.';
}

function gridSentence({ runs, final, plan }: RetrainFindings): string {
  return (
    `${runs.length} run${runs.length === 1 ? '' : 's'} of ${plan.gridEpochs} epochs, judged by validation accuracy ` +
    `(best of the last ${plan.grid.reward.lastEpochs} epochs). Run ${final.run} is the best.`
  );
}

function gridTable({ runs, final }: RetrainFindings): Block {
  return {
    kind: 'table',
    head: [
      'run',
      'learning rate',
      'weight decay',
      'batch-norm ε',
      'decay at',
      'validation accuracy',
      'seconds',
    ],
    rows: runs.map(({ number, architecture, score, state, outcome, seconds }) => {
      const recipe = parseRecipeChoice(architecture);
      return [
        number === final.run ? `${number} (best)` : String(number),
        String(recipe.learningRate),
        String(recipe.weightDecay),
        String(recipe.batchNormEpsilon),
        fractions(recipe.decayAt),
        score === null ? (outcome?.kind ?? state) : percent(score.value),
        seconds === null ? '–' : whole(seconds),
      ];
    }),
  };
}

function recipeTable(recipe: Recipe): Block {
  return {
    kind: 'table',
    head: ['recipe', 'value'],
    rows: Object.entries(recipe).map(([name, value]) => [
      name,
      Array.isArray(value) ? fractions(value) : value === null ? 'none' : String(value),
    ]),
  };
}

function classTable(matrix: ConfusionMatrix, classNames: readonly string[]): Block {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const share = (count: number, of: number) => (of === 0 ? '–' : percent(count / of));
  return {
    kind: 'table',
    head: ['class', 'images', 'recognised (recall)', 'right when named (precision)'],
    rows: matrix.map((counts, at) => {
      const named = sum(matrix.map((row) => row[at] ?? 0));
      const right = counts[at] ?? 0;
      return [
        classNames[at] ?? String(at),
        whole(sum(counts)),
        share(right, sum(counts)),
        share(right, named),
      ];
    }),
  };
}

function provenance({ plan, final, test, study, command }: RetrainFindings): string[] {
  const { name, splitSeed, stratified } = datasetOptionsSchema.parse(plan.final.classifier['dataset'] ?? {});
  return [
    `Command: ${command}`,
    `Network: ${plan.subject.tokens ?? JSON.stringify(plan.subject.architecture)}`,
    `Seeds: ${plan.grid.seed} of the retraining, ${plan.final.seed} of the final training.`,
    `Images: ${name}, ${whole(final.examples)} trained on (${plan.final.images}), ${whole(final.validationExamples)} for ` +
      `validation; seed of the split ${splitSeed}${stratified ? ', stratified' : ''}.`,
    `Checksum (SHA-256) of the training images: ${final.datasetChecksum}`,
    `Checksum (SHA-256) of the test images: ${test.datasetChecksum}`,
    `Nascent ${nascentVersion()} (grid begun with ${study.codeVersion}); ${final.threads} engine thread${final.threads === 1 ? '' : 's'} in the final training: another number gives other bits.`,
  ];
}

function fractions(values: readonly unknown[]): string {
  return values.join(', ');
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
