import type { ConfusionMatrix } from '../../child/confusion-matrix.ts';
import { datasetOptionsSchema } from '../../child/training-images.ts';
import {
  describeArchitecture,
  InvalidArchitectureError,
  parseRecipeChoice,
} from '../../search-space/index.ts';
import type { Block } from '../compare/document.ts';
import type { ClassifierFinalPlan } from './classifier-plan.ts';
import { confusionChart } from './confusion-chart.ts';
import type { FinishedClassifier } from './finished.ts';
import {
  figure,
  heading,
  listed,
  percent,
  type ReportParts,
  type RetrainFindings,
  whole,
} from './report-parts.ts';
import type { TestAccuracy } from './test-once.ts';
import { trainingChart } from './training-chart.ts';

/** A convolutional network's parts of the report. Figures: `network`, `training` and `confusion`. */
export function classifierParts(
  plan: ClassifierFinalPlan,
  final: FinishedClassifier,
  test: TestAccuracy,
  { label, draw }: { readonly label: string } & Pick<RetrainFindings, 'draw'>,
): ReportParts {
  const network = describeArchitecture(plan.architecture, final.image);
  if (network === null) throw new InvalidArchitectureError(`${label} is no network that can be described.`);
  const { recipe, examples, validationExamples } = final;
  const last = final.curve.at(-1);
  const confusion = confusionChart(test.confusion, final.classNames);
  const training = trainingChart(final.curve, {
    decays: recipe.schedule === 'step' ? recipe.decayAt.map((at) => at * recipe.epochs) : [],
    note: 'Dashed: where the learning rate is divided by 10.',
    score: {
      name:
        plan.images === 'train'
          ? 'validation accuracy'
          : `accuracy on the validation images (${whole(validationExamples)} of the ${whole(examples)} trained on)`,
      unit: ', %',
      factor: 100,
      scale: { zero: false, nice: true },
    },
  });
  const { name, splitSeed, stratified } = datasetOptionsSchema.parse(plan.classifier['dataset'] ?? {});
  return {
    headline: `test accuracy ${percent(test.accuracy)}`,
    results: [
      ['test accuracy', percent(test.accuracy)],
      ['test error', percent(1 - test.accuracy)],
      ['test images', whole(test.confusion.flat().reduce((sum, count) => sum + count, 0))],
      ['validation accuracy', last === undefined ? '–' : percent(last.score.value)],
      ['parameters', whole(final.parameters)],
      ['multiply-adds for one image', whole(network.flops)],
    ],
    subject: [heading('The network'), figure('network', `${label}, from the image to the classifier.`)],
    judge: 'validation accuracy',
    score: percent,
    grid: {
      head: ['learning rate', 'weight decay', 'batch-norm ε', 'decay at'],
      cells: (choice) => {
        const { learningRate, weightDecay, batchNormEpsilon, decayAt } = parseRecipeChoice(choice);
        return [String(learningRate), String(weightDecay), String(batchNormEpsilon), listed(decayAt)];
      },
    },
    test: [
      heading('Test images'),
      figure(confusion.name, confusion.caption),
      classTable(test.confusion, final.classNames),
    ],
    data: [
      `Images: ${name}, ${whole(examples)} trained on (${plan.images}), ${whole(validationExamples)} for ` +
        `validation; seed of the split ${splitSeed}${stratified ? ', stratified' : ''}.`,
    ],
    checksums: [final.datasetChecksum, test.datasetChecksum],
    charts: [training, confusion],
    drawings: new Map([['network', draw(network)]]),
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
