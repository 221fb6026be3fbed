import { constantSchedule, cosineSchedule, type Schedule, stepSchedule, warmup } from '@nascent/torch';
import { z } from 'zod';

/**
 * How a child network is trained. The defaults are the paper's (Zoph & Le 2017, §4.1, after Huang et al. 2016):
 * 50 epochs, batches of 64, Nesterov momentum 0.9, weight decay 1e-4 on every parameter, learning rate 0.1,
 * a tenth of it from half of training, a hundredth from three quarters.
 */
export const recipeSchema = z.strictObject({
  epochs: z.int().min(1).default(50),
  batchSize: z.int().min(1).default(64),
  learningRate: z.number().positive().default(0.1),
  schedule: z
    .enum(['constant', 'step', 'cosine'])
    .default('step')
    .describe('step: divided by 10 at 50 % and 75 % of training; cosine: falls to 0 over all of training'),
  warmupEpochs: z
    .number()
    .min(0)
    .default(0)
    .describe('the learning rate first rises linearly from 0 over so many epochs'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Nesterov'),
  weightDecay: z.number().min(0).default(1e-4),
  precision: z
    .enum(['float32', 'bfloat16'])
    .default('float32')
    .describe(
      'bfloat16: activations and products in bfloat16, weights and loss in float32; for CPUs and GPUs that have it',
    ),
});

export type Recipe = z.infer<typeof recipeSchema>;

/** The factor on the learning rate by the fraction of training done. */
export function scheduleOf({ schedule, epochs, warmupEpochs }: Recipe): Schedule {
  const then = {
    constant: () => constantSchedule(),
    step: () => stepSchedule({ at: [0.5, 0.75], factor: 0.1 }),
    cosine: () => cosineSchedule(),
  }[schedule]();
  return warmupEpochs === 0 ? then : warmup({ over: Math.min(1, warmupEpochs / epochs) }, then);
}
