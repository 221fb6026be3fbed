import { constantSchedule, cosineSchedule, type Schedule, stepSchedule, warmup } from '@nascent/torch';
import { z } from 'zod';

/**
 * How a child network is trained. The defaults are the paper's (Zoph & Le 2017, §4.1, after Huang et al. 2016):
 * 50 epochs, batches of 64, Nesterov momentum 0.9, weight decay 1e-4 on every parameter, learning rate 0.1,
 * a tenth of it from half of training, a hundredth from three quarters; images whitened one by one, enlarged,
 * cropped at random and mirrored at random.
 */
export const recipeSchema = z.strictObject({
  epochs: z.int().min(1).default(50),
  batchSize: z.int().min(1).default(64),
  learningRate: z
    .number()
    .positive()
    .default(0.1)
    .describe('of architectures that do not predict one of their own'),
  schedule: z
    .enum(['constant', 'step', 'cosine'])
    .default('step')
    .describe('step: divided by 10 at each of decayAt; cosine: falls to 0 over all of training'),
  decayAt: z
    .array(z.number().gt(0).lt(1))
    .min(1)
    .refine((fractions) => fractions.every((at, i) => i === 0 || at > (fractions[i - 1] ?? 0)), {
      error: 'fractions of training in rising order, for example [0.5, 0.75]',
    })
    .default([0.5, 0.75])
    .describe('fractions of training at which the schedule `step` divides the learning rate by 10'),
  warmupEpochs: z
    .number()
    .min(0)
    .default(0)
    .describe('the learning rate first rises linearly from 0 over so many epochs'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Nesterov'),
  weightDecay: z.number().min(0).default(1e-4),
  batchNormEpsilon: z
    .number()
    .positive()
    .default(1e-5)
    .describe('added to the variance in batch normalisation'),
  whitening: z
    .enum(['per-image', 'per-channel'])
    .default('per-image')
    .describe(
      'per-image: mean 0 and deviation 1 over the values of each image; ' +
        'per-channel: by mean and deviation of each channel over the training images',
    ),
  flip: z
    .boolean()
    .optional()
    .describe(
      'mirrors half of the training images; default: for cifar10, where a mirrored object is one still',
    ),
  upsample: z
    .int()
    .min(1)
    .nullable()
    .optional()
    .describe(
      'side in pixels that training images are enlarged to before a random crop of their own size; ' +
        'null: no crop; default: 40 for cifar10, else null',
    ),
  precision: z
    .enum(['float32', 'bfloat16'])
    .default('float32')
    .describe(
      'bfloat16: activations and products in bfloat16, weights and loss in float32; for CPUs and GPUs that have it',
    ),
});

export type Recipe = z.infer<typeof recipeSchema>;

/** The factor on the learning rate by the fraction of training done. */
export function scheduleOf({ schedule, decayAt, epochs, warmupEpochs }: Recipe): Schedule {
  const then = {
    constant: () => constantSchedule(),
    step: () => stepSchedule({ at: decayAt, factor: 0.1 }),
    cosine: () => cosineSchedule(),
  }[schedule]();
  return warmupEpochs === 0 ? then : warmup({ over: Math.min(1, warmupEpochs / epochs) }, then);
}
