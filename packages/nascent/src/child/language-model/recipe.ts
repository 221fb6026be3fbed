import { z } from 'zod';

const probability = z.number().min(0).lt(1);

/** Shares that are dropped in training; what is kept is scaled up. */
export const dropoutSchema = z.strictObject({
  embedding: probability.default(0.2).describe('of the words of a sequence: every occurrence of one at once'),
  input: probability.default(0.5).describe('of what each layer reads'),
  recurrent: probability.default(0.2).describe('of the hidden state that each layer hands on'),
  output: probability.default(0.5).describe('of what the softmax reads'),
  variational: z
    .boolean()
    .default(true)
    .describe(
      'one mask for all steps of a sequence (Gal & Ghahramani 2016); false: another at each step, of input and output',
    ),
});

/**
 * How a language model is trained. The defaults are the "medium" setting that the paper trains its cells with (Zoph &
 * Le 2017, §4.2; Zaremba et al. 2014), with variational dropout (Gal & Ghahramani 2016): 35 epochs, batches of 20,
 * 35 steps, stochastic gradient descent with a rate of 1, divided by 1.2 after each epoch from the 6th on, gradients
 * clipped to a norm of 5, weights uniform in ±0.05.
 */
export const languageModelRecipeSchema = z.strictObject({
  epochs: z.int().min(1).default(35),
  batchSize: z.int().min(1).default(20).describe('parts of the text that are read side by side'),
  steps: z
    .int()
    .min(1)
    .default(35)
    .describe('steps of truncated back-propagation; the state is carried over'),
  optimiser: z.enum(['sgd', 'adam']).default('sgd'),
  learningRate: z
    .number()
    .positive()
    .default(1)
    .describe('on the loss summed over the steps and averaged over the batch; of adam about 0.002'),
  schedule: z
    .enum(['decay', 'cosine', 'constant'])
    .default('decay')
    .describe('decay: as decayFrom and decayFactor say; cosine: falls to 0 over all of training'),
  decayFrom: z.int().min(0).default(6).describe('the rate decays after each epoch from this one on'),
  decayFactor: z.number().min(1).default(1.2).describe('what the rate is then divided by'),
  clipNorm: z.number().positive().default(5).describe('largest Euclidean norm of all gradients together'),
  initialisation: z.number().positive().default(0.05).describe('weights are uniform in ± this; biases 0'),
  dropout: dropoutSchema.prefault({}),
  precision: z
    .enum(['float32', 'bfloat16'])
    .default('float32')
    .describe('bfloat16: matrix products in bfloat16; for CPUs and GPUs that have it'),
});

export type LanguageModelRecipe = z.output<typeof languageModelRecipeSchema>;
export type Dropout = z.output<typeof dropoutSchema>;

/**
 * What the learning rate is multiplied by.
 * @param epoch from 1
 * @param progress share of the epoch that is done, in [0, 1)
 */
export function rateFactor(recipe: LanguageModelRecipe, epoch: number, progress: number): number {
  const { schedule, epochs, decayFrom, decayFactor } = recipe;
  switch (schedule) {
    case 'constant':
      return 1;
    case 'decay':
      return decayFactor ** -Math.max(0, epoch - Math.max(1, decayFrom));
    case 'cosine':
      return 0.5 * (1 + Math.cos((Math.PI * (epoch - 1 + progress)) / epochs));
  }
}
