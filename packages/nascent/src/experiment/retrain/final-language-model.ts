import { setImmediate as eventLoop } from 'node:timers/promises';
import { setThreads } from '@nascent/torch';
import { languageModelSchema, shapeOf } from '../../child/language-model/evaluator.ts';
import { generate } from '../../child/language-model/generate.ts';
import { LanguageModel } from '../../child/language-model/language-model.ts';
import { saveLanguageModel } from '../../child/language-model/model-file.ts';
import { IN_ONE, IN_PARTS, perplexityOf } from '../../child/language-model/perplexity.ts';
import type { LanguageModelRecipe } from '../../child/language-model/recipe.ts';
import { trainLanguageModel } from '../../child/language-model/train-language-model.ts';
import {
  decode,
  endOfLine,
  loadTestText,
  loadTrainingText,
  type TextDataset,
  type TextOptions,
  type Vocabulary,
} from '../../dataset/index.ts';
import type { EpochReport } from '../../evaluation/evaluation.ts';
import { deriveSeed, randomStream } from '../../random.ts';
import { canonicalJson, languageModelParameters } from '../../search-space/index.ts';
import { CheckpointedTraining, refuseOtherData } from './checkpointed-training.ts';
import { RetrainChangedError, RetrainFailedError } from './errors.ts';
import type { FinalTraining, FinalTrainingOptions, OnEpoch } from './final-training.ts';
import type { FinishedLanguageModel, LanguageModelTrainingFacts } from './finished.ts';
import type { LanguageModelFinalPlan } from './language-model-plan.ts';
import type { TestPerplexity } from './test-once.ts';

const ADVICE =
  'Try smaller learning rates (retrain.grid.learningRate) or a smaller clipNorm (retrain.final.recipe) in another ' +
  'directory (--out).';

/** What the report shows of what the trained model writes. */
const SAMPLES = 3;
const SAMPLE_LENGTH = { word: 60, character: 300 } as const;
/** A little below 1, where text becomes readable sooner. */
const TEMPERATURE = 0.8;

/** The final training of a recurrent cell as a language model, and its test. */
export class FinalLanguageModel implements FinalTraining {
  readonly facts: LanguageModelTrainingFacts;
  readonly #options: FinalTrainingOptions;
  readonly #plan: LanguageModelFinalPlan;
  readonly #dataset: TextOptions;
  readonly #vocabulary: Vocabulary;
  readonly #train: Int32Array;
  readonly #validation: Int32Array;
  readonly #model: LanguageModel;
  readonly #training: CheckpointedTraining;

  private constructor(
    plan: LanguageModelFinalPlan,
    recipe: LanguageModelRecipe,
    options: FinalTrainingOptions,
    { dataset, model: sizes }: Pick<ReturnType<typeof languageModelSchema.parse>, 'dataset' | 'model'>,
    { name, vocabulary, train, validation, checksum }: TextDataset,
  ) {
    const { architecture, seed, checkpointEvery } = plan;
    const { initialisation, epochs } = recipe;
    const shape = shapeOf(sizes, architecture, vocabulary.words.length);
    this.#options = options;
    this.#plan = plan;
    this.#dataset = dataset;
    this.#vocabulary = vocabulary;
    this.#train = plan.text === 'train' ? train : Int32Array.from([...train, ...validation]);
    this.#validation = validation;
    this.facts = {
      kind: 'language-model',
      recipe,
      shape,
      level: vocabulary.level,
      dataset: name,
      parameters: languageModelParameters(architecture, shape),
      words: this.#train.length,
      validationWords: validation.length,
      datasetChecksum: checksum,
      threads: options.threads,
    };
    this.#model = new LanguageModel(architecture, shape, { seed, initialisation });
    this.#training = new CheckpointedTraining(options, { seed, epochs, checkpointEvery }, this.#model, {
      architecture,
      shape,
      recipe,
      seed,
      'data (checksum)': checksum,
      'text trained on': plan.text,
    });
  }

  /**
   * Loads the text, builds the model and takes up the checkpoint, if there is one.
   * @throws DatasetError; RetrainChangedError where the text is not that of the grid; CheckpointError
   */
  static async open(
    plan: LanguageModelFinalPlan,
    recipe: LanguageModelRecipe,
    options: FinalTrainingOptions,
  ): Promise<FinalLanguageModel> {
    const parsed = languageModelSchema.parse(plan.languageModel);
    setThreads(options.threads);
    const text = await loadTrainingText(parsed.dataset, options);
    refuseOtherData(options, text.checksum);
    const training = new FinalLanguageModel(plan, recipe, options, parsed, text);
    try {
      training.#training.takeUp();
      return training;
    } catch (thrown) {
      training.dispose();
      throw thrown;
    }
  }

  get curve(): readonly EpochReport[] {
    return this.#training.curve;
  }

  train(signal: AbortSignal, onEpoch: OnEpoch): Promise<void> {
    const text = { train: this.#train, validation: this.#validation };
    const { recipe } = this.facts;
    return this.#training.train(
      (context) => trainLanguageModel(this.#model, text, recipe, context),
      signal,
      onEpoch,
      ADVICE,
    );
  }

  saveModel(path: string): void {
    const { shape, dataset, datasetChecksum } = this.facts;
    saveLanguageModel(path, this.#model.stateDict(), {
      architecture: this.#plan.architecture,
      shape,
      vocabulary: this.#vocabulary,
      dataset,
      datasetChecksum,
      tokens: this.#options.tokens,
    });
  }

  finished(run: number): FinishedLanguageModel {
    return { ...this.facts, run, curve: [...this.curve], samples: this.#samples() };
  }

  /** What the model writes, each time with another seed. The word that stands for unknown ones is never written. */
  #samples(): FinishedLanguageModel['samples'] {
    const { level, words, unknown } = this.#vocabulary;
    const never = unknown === null ? [] : [words.indexOf(unknown)];
    const prompt = promptOf(this.#vocabulary);
    return Array.from({ length: SAMPLES }, (_, i) => {
      const seed = deriveSeed(this.#plan.seed, 'sample', i + 1);
      const written = generate(this.#model, Int32Array.of(prompt), {
        length: SAMPLE_LENGTH[level],
        temperature: TEMPERATURE,
        random: randomStream(seed, 'sample'),
        never,
      });
      const text = decode(this.#vocabulary, written);
      return { seed, temperature: TEMPERATURE, prompt: words[prompt] ?? '', text };
    });
  }

  /**
   * Word by word the whole text is read in one pass. A text has several times as many characters, and one row at a time
   * is slow: they are read in parts, each with its context.
   */
  async test(): Promise<TestPerplexity> {
    const { level, recipe } = this.facts;
    const { label, checkpoint } = this.#options;
    const { test, vocabulary, checksum } = await loadTestText(this.#dataset, this.#options);
    if (canonicalJson(vocabulary) !== canonicalJson(this.#vocabulary)) {
      const count = (of: Vocabulary) => `${of.words.length} ${level}s`;
      throw new RetrainChangedError(
        checkpoint,
        "the text's vocabulary",
        count(this.#vocabulary),
        count(vocabulary),
      );
    }
    const reading = level === 'word' ? IN_ONE : IN_PARTS;
    const perplexity = await perplexityOf(this.#model, test, recipe.precision, () => eventLoop(), reading);
    if (!Number.isFinite(perplexity)) {
      throw new RetrainFailedError(
        `the test perplexity of ${label} is ${perplexity}: the test text has ${test.length} ${level}s. Expected at ` +
          'least 2, and a model that gives each of them a probability.',
      );
    }
    const bitsPerToken = Math.log2(perplexity);
    return { metric: 'perplexity', perplexity, bitsPerToken, words: test.length, datasetChecksum: checksum };
  }

  dispose(): void {
    this.#training.dispose();
    this.#model.dispose();
  }
}

/** Where a text begins: after a line's end, where the vocabulary has one; else after its first word that is one. */
function promptOf({ level, words, unknown }: Vocabulary): number {
  const lineEnd = words.indexOf(level === 'word' ? endOfLine : '\n');
  if (lineEnd >= 0) return lineEnd;
  return Math.max(
    0,
    words.findIndex((word) => word !== unknown),
  );
}
