import { assertNever } from '../../assert-never.ts';
import { deriveSeed } from '../../random.ts';
import type { ConvolutionalArchitecture, RecurrentArchitecture } from '../../search-space/index.ts';
import { parseConfig, type StudyConfig, type StudyConfigInput } from '../../study/config.ts';
import { DEFAULT_RETRAIN } from '../../study/retrain-config.ts';
import { type ClassifierFinalPlan, planClassifier } from './classifier-plan.ts';
import { NotRetrainableError } from './errors.ts';
import type { GridLists } from './grid-lists.ts';
import { type LanguageModelFinalPlan, planLanguageModel } from './language-model-plan.ts';

/** What is retrained. */
export interface RetrainSubject {
  /** For people: `trial 12`, `resnet-like`. */
  readonly label: string;
  readonly architecture: ConvolutionalArchitecture | RecurrentArchitecture;
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

export type FinalPlan = ClassifierFinalPlan | LanguageModelFinalPlan;

/** What differs between the kinds of networks. */
interface KindOfPlan {
  readonly space: { readonly use: string; readonly lists: GridLists };
  readonly evaluator: StudyConfigInput['evaluator'];
  readonly reward: NonNullable<StudyConfigInput['reward']>;
  readonly gridEpochs: number;
  readonly final: FinalPlan;
  /** What the final training sees, as the config's `retrain.final` says it. */
  readonly seen: Pick<NonNullable<NonNullable<StudyConfigInput['retrain']>['final']>, 'images' | 'text'>;
}

/**
 * Plans a retraining from the config of a search: a grid search over recipes, then a final training. A convolutional
 * network's grid is over learning rate, weight decay, batch-norm ε and the points at which the learning rate decays
 * (Zoph & Le 2017, §4.1), a recurrent cell's over learning rate, weight initialisation, dropout rates and the epoch
 * from which the learning rate decays (§4.2).
 *
 * Limits on the child (parameters, seconds) are left out, since it has been chosen already, and so is what a reward
 * adds to the score: the network is the same in every run.
 * @param seed the config's by default
 * @throws NotRetrainableError where the config's evaluator trains nothing that is known here, or nothing of this kind
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
  const { space, evaluator, reward, gridEpochs, final, seen } = planOfKind(
    subject,
    config,
    deriveSeed(seed, 'retrain', 'final'),
  );
  const gridRuns = Object.values(space.lists).reduce((product, list) => product * list.length, 1);
  const { memoryMiB, attempts } = config.limits;
  return {
    subject,
    gridRuns,
    gridEpochs,
    final,
    grid: parseConfig(
      {
        space: { use: space.use, options: space.lists },
        evaluator,
        strategy: { use: 'grid' },
        reward,
        trials: gridRuns,
        workers,
        seed,
        limits: { attempts, ...(memoryMiB === undefined ? {} : { memoryMiB }) },
        retrain: {
          gridEpochs,
          final: { epochs: final.epochs, ...seen, recipe: final.recipe },
          checkpointEvery: final.checkpointEvery,
        },
      },
      'the config of the grid search',
    ),
  };
}

function planOfKind(subject: RetrainSubject, config: StudyConfig, seed: number): KindOfPlan {
  const retrain = config.retrain ?? DEFAULT_RETRAIN;
  const { architecture } = subject;
  const trainedBy = evaluatorFor(subject);
  if (config.evaluator.use !== trainedBy) throw otherEvaluator(config, subject, trainedBy);
  switch (architecture.kind) {
    case 'convolutional':
      return planClassifier(architecture, config, retrain, seed);
    case 'recurrent-cell':
    case 'native-cell':
      return planLanguageModel(architecture, config, retrain, seed);
    default:
      return assertNever(architecture);
  }
}

function evaluatorFor({ architecture }: RetrainSubject): 'image-classifier' | 'language-model' {
  return architecture.kind === 'convolutional' ? 'image-classifier' : 'language-model';
}

function otherEvaluator(
  { evaluator: { use } }: StudyConfig,
  { label }: RetrainSubject,
  trainedBy: ReturnType<typeof evaluatorFor>,
): NotRetrainableError {
  const what = trainedBy === 'image-classifier' ? 'convolutional networks' : 'recurrent cells';
  const because = /^\.{0,2}\//.test(use)
    ? 'a module of your own, which only knows how to score a child'
    : use === 'image-classifier'
      ? `which trains networks on images, and ${label} is a recurrent cell`
      : use === 'language-model'
        ? `which trains recurrent cells on text, and ${label} is a convolutional network`
        : 'which looks results up and trains nothing';
  return new NotRetrainableError(
    `${label} cannot be retrained: the evaluator of the config is ${JSON.stringify(use)}, ${because}. ` +
      `Only the evaluator ${JSON.stringify(trainedBy)} trains ${what}; name a config that has it with --config.`,
  );
}
