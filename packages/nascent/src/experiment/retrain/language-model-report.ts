import {
  cellFormulas,
  type LanguageRecipeChoice,
  nativeFormulas,
  parseLanguageRecipeChoice,
  type RecurrentArchitecture,
} from '../../search-space/index.ts';
import type { TrialRecord } from '../../trial/record.ts';
import type { Block } from '../compare/document.ts';
import type { FinishedLanguageModel } from './finished.ts';
import type { LanguageModelFinalPlan } from './language-model-plan.ts';
import { figure, heading, type ReportParts, type RetrainFindings, whole } from './report-parts.ts';
import type { TestPerplexity } from './test-once.ts';
import { trainingChart } from './training-chart.ts';

/** What of a recipe a grid may vary, in the words of its table. */
const COLUMNS = {
  learningRate: 'learning rate',
  initialisation: 'initialisation ±',
  dropout: 'dropout',
  recurrentDropout: 'recurrent dropout',
  embeddingDropout: 'embedding dropout',
  decayFrom: 'decay from epoch',
} as const satisfies { readonly [Name in Exclude<keyof LanguageRecipeChoice, 'kind' | 'version'>]: string };

type Column = keyof typeof COLUMNS;
const columns = Object.keys(COLUMNS) as readonly Column[];

/** A recurrent cell's parts of the report. Figures: `training`, and of a tree `cell`. */
export function languageModelParts(
  plan: LanguageModelFinalPlan,
  final: FinishedLanguageModel,
  test: TestPerplexity,
  { label, runs, drawCell }: { readonly label: string } & Pick<RetrainFindings, 'runs' | 'drawCell'>,
): ReportParts {
  const { architecture } = plan;
  const { recipe, shape, level, words, validationWords } = final;
  const last = final.curve.at(-1);
  const svg = architecture.kind === 'recurrent-cell' ? drawCell?.(architecture) : undefined;
  const seen = plan.text === 'train+validation';
  const varied = variedBy(runs);
  return {
    headline: `test perplexity ${perplexity(test.perplexity)}`,
    results: [
      ['test perplexity', perplexity(test.perplexity)],
      [`bits per ${level}`, test.bitsPerToken.toFixed(4)],
      [`${level}s of the test text`, whole(test.words)],
      ['validation perplexity', last === undefined ? '–' : perplexity(last.score.value)],
      ['parameters', whole(final.parameters)],
      ['layers', whole(shape.layers)],
      ['hidden size', whole(shape.hidden)],
      [`${level}s of the vocabulary`, whole(shape.vocabulary)],
      ['softmax', shape.tied ? "the embedding's table" : 'a table of its own'],
    ],
    subject: [
      heading('The cell'),
      ...(svg === undefined ? [] : [figure('cell', `${label}: the cell of each layer.`)]),
      formulaTable(architecture),
    ],
    judge: 'validation perplexity',
    score: perplexity,
    grid: {
      head: varied.map((column) => COLUMNS[column]),
      cells: (choice) => {
        const chosen = parseLanguageRecipeChoice(choice);
        return varied.map((column) => String(chosen[column] ?? '–'));
      },
    },
    test: [
      heading('Test text'),
      { kind: 'paragraph', text: reading(level) },
      heading('What it writes'),
      { kind: 'paragraph', text: writing(final) },
      { kind: 'list', items: final.samples.map(({ seed, text }) => `Seed ${seed}: ${oneLine(text)}`) },
    ],
    data: [
      `Text: ${final.dataset}, ${whole(words)} ${level}s trained on (${plan.text}), ${whole(validationWords)} for validation.`,
    ],
    checksums: [final.datasetChecksum, test.datasetChecksum],
    charts: [
      trainingChart(final.curve, {
        decays: recipe.schedule === 'decay' && recipe.decayFrom < recipe.epochs ? [recipe.decayFrom] : [],
        note: `Dashed: from here on the learning rate is divided by ${shortFactor(recipe.decayFactor)} after each epoch.`,
        score: {
          name: seen
            ? `perplexity of the validation text (${whole(validationWords)} of the ${whole(words)} ${level}s trained on)`
            : 'validation perplexity',
          unit: '',
          factor: 1,
          scale: { type: 'log', nice: false },
        },
      }),
    ],
    drawings: new Map(svg === undefined ? [] : [['cell', svg]]),
  };
}

/** The columns that any run of the grid has. */
function variedBy(runs: readonly TrialRecord[]): readonly Column[] {
  const choices = runs.map(({ architecture }) => parseLanguageRecipeChoice(architecture));
  return columns.filter((column) => choices.some((choice) => choice[column] !== undefined));
}

function formulaTable(architecture: RecurrentArchitecture): Block {
  const formulas =
    architecture.kind === 'recurrent-cell'
      ? cellFormulas(architecture).flat()
      : nativeFormulas(architecture.cell);
  return {
    kind: 'table',
    head: ['value', 'is'],
    rows: formulas.map(({ name, text }) => [name, text]),
  };
}

function reading(level: FinishedLanguageModel['level']): string {
  const perplexity = `Perplexity is exp(mean −log probability) of each ${level} but the first, given those before it`;
  return level === 'word'
    ? `${perplexity}. The whole text was read in one pass, its state carried from the first word to the last.`
    : `${perplexity}. The text was read in parts of 1,024 characters, each after the 256 before it.`;
}

function writing({ samples, level }: FinishedLanguageModel): string {
  const [first] = samples;
  if (first === undefined) return 'Nothing was sampled.';
  return (
    `${samples.length} texts that the trained model wrote, ${level} by ${level}, each beginning after ` +
    `${JSON.stringify(first.prompt)}; temperature ${first.temperature}. The word that stands for unknown words is never ` +
    'written; ↵ is a line’s end.'
  );
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ↵ ');
}

function perplexity(value: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function shortFactor(factor: number): string {
  return String(Number(factor.toPrecision(4)));
}
