import { z } from 'zod';
import { controllerConfigSchema } from '../controller/configuration.ts';

/**
 * Every setting of the policy gradient, named and explained once.
 *
 * `paper` is Zoph & Le 2017 (§3.2, §4.1); where the paper is silent the value is ours and the decision record
 * says why. `small` is for searches of 24 to a few hundred samples, chosen by measurement on spaces with known
 * rewards (`bench/learning/small-searches.ts`, docs/decisions/0011-small-searches.md).
 */
export interface PolicyGradientSettings {
  /** Adam's step size. §4.1: 0.0006. */
  readonly learningRate: number;
  /** m, samples per update. §4.1: 8. */
  readonly batchSize: number;
  /** `moving-average` of previous rewards (§3.2), or `leave-one-out` means of the same minibatch. */
  readonly baseline: 'moving-average' | 'leave-one-out';
  /** Decay of the moving average for each reward. Not in the paper. */
  readonly baselineDecay: number;
  /** Divide a minibatch's advantages by their root mean square. Not in the paper. */
  readonly normaliseAdvantages: boolean;
  /** Logits are divided by it, in sampling and in scoring. */
  readonly temperature: number;
  /** Weight of the mean entropy in the objective, in units of reward (of normalised reward where that is on). */
  readonly entropyBonus: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly initialRange: number;
}

export const PRESETS = {
  paper: {
    learningRate: 0.0006,
    batchSize: 8,
    baseline: 'moving-average',
    baselineDecay: 0.95,
    normaliseAdvantages: false,
    temperature: 1,
    entropyBonus: 0,
    hiddenSize: 35,
    layers: 2,
    initialRange: 0.08,
  },
  small: {
    learningRate: 0.04,
    batchSize: 4,
    baseline: 'moving-average',
    baselineDecay: 0.9,
    normaliseAdvantages: true,
    temperature: 1,
    entropyBonus: 0,
    hiddenSize: 35,
    layers: 2,
    initialRange: 0.08,
  },
} as const satisfies Record<string, PolicyGradientSettings>;

const controllerShape = controllerConfigSchema.shape;

/** A preset and what to change in it. */
export const policyGradientOptionsSchema = z.strictObject({
  preset: z.enum(['paper', 'small']).default('paper'),
  learningRate: z.number().positive().optional(),
  batchSize: z.int().min(1).optional(),
  baseline: z.enum(['moving-average', 'leave-one-out']).optional(),
  baselineDecay: z.number().min(0).lt(1).optional(),
  normaliseAdvantages: z.boolean().optional(),
  temperature: z.number().positive().optional(),
  entropyBonus: z.number().min(0).optional(),
  hiddenSize: controllerShape.hiddenSize.unwrap().optional(),
  layers: controllerShape.layers.unwrap().optional(),
  initialRange: controllerShape.initialRange.unwrap().optional(),
});

/** The preset with the given options in place of its own. */
export function settingsOf({
  preset,
  ...changes
}: z.output<typeof policyGradientOptionsSchema>): PolicyGradientSettings {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  return { ...PRESETS[preset], ...given };
}
