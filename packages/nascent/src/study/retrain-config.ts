import { z } from 'zod';

const listOf = <T extends z.ZodType>(value: T) =>
  z
    .array(value)
    .min(1, 'is an empty list: name at least one value, or leave the key out to keep the search’s own')
    .optional();

const risingFractions = z
  .array(z.number().gt(0).lt(1))
  .min(
    1,
    'is an empty list: for a learning rate that never decays set the evaluator’s schedule to "constant"',
  )
  .refine(
    (fractions) => fractions.every((at, i) => i === 0 || at > (fractions[i - 1] ?? 1)),
    'expected fractions of training in rising order, for example [0.5, 0.75]',
  );

/** What only a grid of convolutional networks varies (§4.1). */
const ofImages = {
  weightDecay: listOf(z.number().min(0)).describe('Images only.'),
  batchNormEpsilon: listOf(z.number().positive()).describe('Images only.'),
  decayAt: listOf(risingFractions).describe(
    'Images only: fractions of training after each of which the learning rate is divided by 10, for example ' +
      '[[0.5, 0.75]].',
  ),
};

const share = z.number().min(0).lt(1);

/** What only a grid of recurrent cells varies (§4.2). */
const ofText = {
  initialisation: listOf(z.number().positive()).describe('Text only: weights begin uniform in ± this.'),
  dropout: listOf(share).describe('Text only: of what each layer reads, and of what the softmax reads.'),
  recurrentDropout: listOf(share).describe('Text only: of the hidden state that each layer hands on.'),
  embeddingDropout: listOf(share).describe('Text only: of the words of a sequence.'),
  decayFrom: listOf(z.int().min(0)).describe('Text only: the epoch after which the learning rate decays.'),
};

/** The keys of `grid` that belong to one kind of data; `learningRate` belongs to both. */
export const GRID_KEYS = { images: Object.keys(ofImages), text: Object.keys(ofText) } as const;

/** The config's key `retrain`: the grid search and the final training (Zoph & Le 2017, §4.1, §4.2). */
export const retrainSchema = z
  .strictObject({
    grid: z
      .strictObject({ learningRate: listOf(z.number().positive()), ...ofImages, ...ofText })
      .optional()
      .describe(
        'Every combination is a run; what is left out stays as in the search. Default: up to 12 runs, of a cell 16.',
      ),
    gridEpochs: z
      .int()
      .min(1)
      .optional()
      .describe("Epochs of each run of the grid; the search's by default."),
    final: z
      .strictObject({
        epochs: z
          .int()
          .min(1)
          .optional()
          .describe("Epochs of the final training; 4 times the search's by default."),
        images: z
          .enum(['train', 'train+validation'])
          .default('train')
          .describe('What the final training of a convolutional network sees.'),
        text: z
          .enum(['train', 'train+validation'])
          .optional()
          .describe('What the final training of a recurrent cell sees; "train" by default.'),
        recipe: z
          .record(z.string(), z.unknown())
          .default({})
          .describe("Options of the evaluator's recipe that differ in the final training."),
      })
      .prefault({})
      .describe('The final training, with the best recipe of the grid.'),
    checkpointEvery: z.int().min(1).default(1).describe('Epochs between checkpoints of the final training.'),
  })
  .describe('For `nascent retrain`: the grid search over recipes, and the final training (§4.1, §4.2).');

export type RetrainConfig = z.output<typeof retrainSchema>;

/** What holds where a config has no `retrain`. */
export const DEFAULT_RETRAIN: RetrainConfig = retrainSchema.parse({});
