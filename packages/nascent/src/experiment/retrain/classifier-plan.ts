import { z } from 'zod';
import { imageClassifierSchema } from '../../child/image-classifier.ts';
import { type Recipe, recipeSchema } from '../../child/recipe.ts';
import { type ConvolutionalArchitecture, decayText, parseRecipeChoice } from '../../search-space/index.ts';
import { ConfigInvalidError, type StudyConfig } from '../../study/config.ts';
import { GRID_KEYS, type RetrainConfig } from '../../study/retrain-config.ts';
import { FINAL_EPOCHS_FACTOR, misplacedKeys, present, rounded } from './grid-lists.ts';

/** The final training of a convolutional network. */
export interface ClassifierFinalPlan {
  readonly kind: 'classifier';
  readonly architecture: ConvolutionalArchitecture;
  /** Of the evaluator; the grid's best run fills in what it chose. */
  readonly classifier: Readonly<Record<string, unknown>>;
  readonly epochs: number;
  readonly images: RetrainConfig['final']['images'];
  /** What the config says over the grid's choice. */
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly checkpointEvery: number;
}

/** @throws ConfigInvalidError where `retrain` does not fit the evaluator */
export function planClassifier(
  architecture: ConvolutionalArchitecture,
  config: StudyConfig,
  retrain: RetrainConfig,
  seed: number,
) {
  refuseText(retrain);
  const { classifier, recipe } = classifierOf(config);
  const gridEpochs = retrain.gridEpochs ?? recipe.epochs;
  const lists = gridOf(retrain, {
    ...recipe,
    learningRate: architecture.learningRate ?? recipe.learningRate,
  });
  const final: ClassifierFinalPlan = {
    kind: 'classifier',
    architecture,
    classifier,
    epochs: retrain.final.epochs ?? FINAL_EPOCHS_FACTOR * recipe.epochs,
    images: retrain.final.images,
    recipe: retrain.final.recipe,
    seed,
    checkpointEvery: retrain.checkpointEvery,
  };
  finalRecipe(final, {}); // says now what is wrong with it, not after the grid
  return {
    space: { use: 'recipe-grid', lists },
    evaluator: {
      use: 'recipe-classifier',
      options: { architecture, classifier: { ...classifier, epochs: gridEpochs } },
    },
    reward: { kind: 'accuracy', lastEpochs: config.reward.lastEpochs },
    gridEpochs,
    final,
    seen: { images: final.images },
  } as const;
}

/** The recipe of the final training with what a run of the grid chose. @throws ConfigInvalidError */
export function recipeOfRun(final: ClassifierFinalPlan, choice: unknown): Recipe {
  const { kind: _kind, version: _version, decayAt, ...chosen } = parseRecipeChoice(choice);
  return finalRecipe(final, { ...chosen, decayAt: [...decayAt] });
}

/**
 * The recipe of the final training: the search's, with the grid's choice, with what the config says over both.
 * @throws ConfigInvalidError
 */
export function finalRecipe(
  { classifier, epochs, recipe }: ClassifierFinalPlan,
  choice: Partial<Pick<Recipe, 'learningRate' | 'weightDecay' | 'batchNormEpsilon' | 'decayAt'>>,
): Recipe {
  if ('epochs' in recipe)
    throw new ConfigInvalidError('the config', [
      'retrain.final.recipe.epochs: use retrain.final.epochs instead',
    ]);
  const { dataset: _, ...base } = classifier;
  const parsed = recipeSchema.safeParse({ ...base, ...choice, ...recipe, epochs });
  if (parsed.success) return parsed.data;
  throw new ConfigInvalidError('the config', [`retrain.final.recipe: ${z.prettifyError(parsed.error)}`]);
}

function refuseText({ grid, final }: RetrainConfig): void {
  const misplaced = [
    ...misplacedKeys(grid, GRID_KEYS.text).map((key) => `retrain.grid.${key}`),
    ...(final.text === undefined ? [] : ['retrain.final.text']),
  ];
  if (misplaced.length === 0) return;
  throw new ConfigInvalidError(
    'the config',
    misplaced.map(
      (key) =>
        `${key}: is for recurrent cells (evaluator "language-model"), and the evaluator is "image-classifier". ` +
        (key === 'retrain.final.text'
          ? 'Use retrain.final.images'
          : `A grid of convolutional networks has learningRate, ${GRID_KEYS.images.join(', ')}`),
    ),
  );
}

/** The evaluator's options as far as they are about recipe and data, and the recipe in full. */
function classifierOf(config: StudyConfig): {
  readonly classifier: Readonly<Record<string, unknown>>;
  readonly recipe: Recipe;
} {
  const given = config.evaluator.options ?? {};
  const parsed = imageClassifierSchema.safeParse(given);
  if (!parsed.success)
    throw new ConfigInvalidError('the config', [`evaluator.options: ${z.prettifyError(parsed.error)}`]);
  const kept = new Set(['dataset', ...Object.keys(recipeSchema.shape)]);
  const classifier = Object.fromEntries(Object.entries(given).filter(([name]) => kept.has(name)));
  const { dataset: _, ...recipe } = classifier;
  return { classifier, recipe: recipeSchema.parse(recipe) };
}

const DEFAULT_RATE_FACTORS = [1, 0.5, 2] as const;
const DEFAULT_DECAY_FACTORS = [1, 5] as const;
const DEFAULT_LATER_DECAY = [0.6, 0.85] as const;

function gridOf({ grid }: RetrainConfig, recipe: Recipe) {
  const decays = recipe.schedule === 'step';
  if (grid?.decayAt !== undefined && !decays) {
    throw new ConfigInvalidError('the config', [
      `retrain.grid.decayAt has no effect: the schedule of the evaluator is "${recipe.schedule}". ` +
        'Leave it out, or set the schedule to "step"',
    ]);
  }
  const own = {
    learningRate: [recipe.learningRate],
    weightDecay: [recipe.weightDecay],
    batchNormEpsilon: [recipe.batchNormEpsilon],
    decayAt: [recipe.decayAt],
  };
  const chosen = grid === undefined ? { ...own, ...defaultGrid(recipe) } : { ...own, ...ofImages(grid) };
  return { ...chosen, decayAt: chosen.decayAt.map(decayText) };
}

function ofImages({
  learningRate,
  weightDecay,
  batchNormEpsilon,
  decayAt,
}: NonNullable<RetrainConfig['grid']>) {
  return present({ learningRate, weightDecay, batchNormEpsilon, decayAt });
}

/** At most 12 runs: what the paper's grid varies, but for ε, which matters least. */
function defaultGrid(recipe: Recipe) {
  const weightDecay =
    recipe.weightDecay === 0
      ? [0, 1e-4]
      : DEFAULT_DECAY_FACTORS.map((factor) => rounded(factor * recipe.weightDecay));
  const learningRate = DEFAULT_RATE_FACTORS.map((factor) => rounded(factor * recipe.learningRate));
  if (recipe.schedule !== 'step') return { learningRate, weightDecay };
  return { learningRate, weightDecay, decayAt: distinct([recipe.decayAt, [...DEFAULT_LATER_DECAY]]) };
}

function distinct(lists: readonly number[][]): number[][] {
  return lists.filter((list, at) => lists.findIndex((other) => `${other}` === `${list}`) === at);
}
