import { z } from 'zod';
import { imageClassifierSchema } from '../../child/image-classifier.ts';
import { type Recipe, recipeSchema } from '../../child/recipe.ts';
import { deriveSeed } from '../../random.ts';
import { type ConvolutionalArchitecture, decayText } from '../../search-space/index.ts';
import { ConfigInvalidError, parseConfig, type StudyConfig } from '../../study/config.ts';
import { DEFAULT_RETRAIN, type RetrainConfig } from '../../study/retrain-config.ts';
import { NotRetrainableError } from './errors.ts';

/** What is retrained. */
export interface RetrainSubject {
  /** For people: `trial 12`, `resnet-like`. */
  readonly label: string;
  readonly architecture: ConvolutionalArchitecture;
  /** Null where the network comes from no sample. */
  readonly tokens: string | null;
}

/** Everything that a retraining does, decided before it begins. */
export interface RetrainPlan {
  readonly subject: RetrainSubject;
  /** The grid search as a study. */
  readonly grid: StudyConfig;
  /** How many runs it has. */
  readonly gridRuns: number;
  readonly gridEpochs: number;
  readonly final: FinalPlan;
}

export interface FinalPlan {
  /** Of the evaluator; the grid's best run fills in what it chose. */
  readonly classifier: Readonly<Record<string, unknown>>;
  readonly epochs: number;
  readonly images: RetrainConfig['final']['images'];
  /** What the config says over the grid's choice. */
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly checkpointEvery: number;
}

/** Of training by the search's own number of epochs, in a final training "to convergence". */
const FINAL_EPOCHS_FACTOR = 4;

/**
 * Plans a retraining from the config of a search (Zoph & Le 2017, §4.1): a grid search over learning rate, weight
 * decay, batch-norm ε and the points at which the learning rate decays, then a final training.
 *
 * Limits on the child (parameters, seconds) are left out, since it has been chosen already, and so is what a reward
 * adds to accuracy: the network is the same in every run.
 * @param seed the config's by default
 * @throws NotRetrainableError where the config's evaluator trains nothing that is known here
 * @throws ConfigInvalidError where `retrain` does not fit the evaluator
 */
export function planRetraining(
  subject: RetrainSubject,
  config: StudyConfig,
  {
    workers = config.workers,
    seed = config.seed,
  }: { readonly workers?: number; readonly seed?: number } = {},
): RetrainPlan {
  refuseOtherEvaluator(config, subject);
  const retrain = config.retrain ?? DEFAULT_RETRAIN;
  const { classifier, recipe } = classifierOf(config);
  const gridEpochs = retrain.gridEpochs ?? recipe.epochs;
  const grid = gridOf(retrain, {
    ...recipe,
    learningRate: subject.architecture.learningRate ?? recipe.learningRate,
  });
  const final: FinalPlan = {
    classifier,
    epochs: retrain.final.epochs ?? FINAL_EPOCHS_FACTOR * recipe.epochs,
    images: retrain.final.images,
    recipe: retrain.final.recipe,
    seed: deriveSeed(seed, 'retrain', 'final'),
    checkpointEvery: retrain.checkpointEvery,
  };
  finalRecipe(final, {}); // says now what is wrong with it, not after the grid
  const gridRuns = Object.values(grid).reduce((product, list) => product * list.length, 1);
  const { memoryMiB, attempts } = config.limits;
  return {
    subject,
    gridRuns,
    gridEpochs,
    final,
    grid: parseConfig(
      {
        space: { use: 'recipe-grid', options: grid },
        evaluator: {
          use: 'recipe-classifier',
          options: {
            architecture: subject.architecture,
            classifier: { ...classifier, epochs: gridEpochs },
          },
        },
        strategy: { use: 'grid' },
        reward: { kind: 'accuracy', lastEpochs: config.reward.lastEpochs },
        trials: gridRuns,
        workers,
        seed,
        limits: { attempts, ...(memoryMiB === undefined ? {} : { memoryMiB }) },
        retrain: {
          gridEpochs,
          final: { epochs: final.epochs, images: final.images, recipe: final.recipe },
          checkpointEvery: retrain.checkpointEvery,
        },
      },
      'the config of the grid search',
    ),
  };
}

/**
 * The recipe of the final training: the search's, with the grid's choice, with what the config says over both.
 * @throws ConfigInvalidError
 */
export function finalRecipe(
  { classifier, epochs, recipe }: FinalPlan,
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

function refuseOtherEvaluator({ evaluator: { use } }: StudyConfig, { label }: RetrainSubject): void {
  if (use === 'image-classifier') return;
  const own = /^\.{0,2}\//.test(use);
  throw new NotRetrainableError(
    `${label} cannot be retrained: the evaluator of the config is ${JSON.stringify(use)}` +
      (own
        ? ', a module of your own, which only knows how to score a child. '
        : ', which looks results up and trains nothing. ') +
      'Only networks of the evaluator "image-classifier" can be retrained; name a config that has it with --config.',
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

/** At most 12 runs: what the paper's grid varies, but for ε, which matters least. */
const DEFAULT_FACTORS = { learningRate: [1, 0.5, 2], weightDecay: [1, 5] } as const;
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
  const chosen = grid === undefined ? { ...own, ...defaultGrid(recipe) } : { ...own, ...present(grid) };
  return { ...chosen, decayAt: chosen.decayAt.map(decayText) };
}

function defaultGrid(recipe: Recipe) {
  const weightDecay = recipe.weightDecay === 0 ? [0, 1e-4] : scaled(recipe.weightDecay, 'weightDecay');
  const learningRate = scaled(recipe.learningRate, 'learningRate');
  if (recipe.schedule !== 'step') return { learningRate, weightDecay };
  return { learningRate, weightDecay, decayAt: distinct([recipe.decayAt, [...DEFAULT_LATER_DECAY]]) };
}

function scaled(value: number, what: keyof typeof DEFAULT_FACTORS): number[] {
  // Twelve digits are enough to keep 3 · 0.1 from becoming 0.30000000000000004.
  return DEFAULT_FACTORS[what].map((factor) => Number((factor * value).toPrecision(12)));
}

function distinct(lists: readonly number[][]): number[][] {
  return lists.filter((list, at) => lists.findIndex((other) => `${other}` === `${list}`) === at);
}

/** What is there of an object. */
function present<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}
