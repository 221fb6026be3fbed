import { z } from 'zod';
import { controllerConfigSchema } from '../controller/configuration.ts';

/**
 * Every setting of the policy gradient, named and explained once.
 *
 * `paper` is Zoph & Le 2017 (§3.2, §4.1); where the paper is silent the value is ours and the decision record
 * says why. `strong` is for searches of up to a few thousand samples. It was chosen by measurement on two tables
 * (docs/experiments/strong-preset.md, docs/decisions/0054-strong-preset.md).
 */
export interface PolicyGradientSettings {
  /** Adam's step size. §4.1: 0.0006. */
  readonly learningRate: number;
  /** m, results per update. §4.1: 8. */
  readonly batchSize: number;
  /** Gradient steps per update, all on the same results. §3.2: 1. */
  readonly gradientSteps: number;
  /** ε of PPO's clipped objective (Schulman et al. 2017, eq. 7), for more than one gradient step; null: not clipped. */
  readonly clip: number | null;
  /**
   * Weight of the REINFORCE term (§3.2) in the objective; 0 leaves it out. With `screening` or `avoidRepeats` the
   * samples are not quite the policy's own, and its gradient is biased.
   */
  readonly policyWeight: number;
  /** `moving-average` of previous rewards (§3.2), or `leave-one-out` means of the same minibatch. */
  readonly baseline: 'moving-average' | 'leave-one-out';
  /** Decay of the moving average for each reward. Not in the paper. */
  readonly baselineDecay: number;
  /** Divide a minibatch's advantages by their root mean square. Not in the paper. */
  readonly normaliseAdvantages: boolean;
  /**
   * Replay: each update also raises the mean log-likelihood of the best so many samples so far (priority queue
   * training, Abolafia et al. 2018). 0: no replay, as in the paper.
   */
  readonly elites: number;
  /** The first samples are drawn uniformly and only the replay learns from them. 0: none, as in the paper. */
  readonly warmup: number;
  /** A sample that was asked before is drawn again, from a policy that is flattened more and more. */
  readonly avoidRepeats: boolean;
  /**
   * So many samples are drawn from the policy for each one that is asked: a Gaussian process over the results so far
   * picks the one with the greatest expected improvement. 0: the first draw is asked, as in the paper.
   */
  readonly screening: number;
  /** Logits are divided by it, in sampling and in scoring. */
  readonly temperature: number;
  /** Weight of the mean entropy in the objective, in units of reward (of normalised reward where that is on). */
  readonly entropyBonus: number;
  /** The entropy's weight is halved after every so many updates; null: it stays. */
  readonly entropyHalfLife: number | null;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly initialRange: number;
}

export const PRESETS = {
  paper: {
    learningRate: 0.0006,
    batchSize: 8,
    gradientSteps: 1,
    clip: null,
    policyWeight: 1,
    baseline: 'moving-average',
    baselineDecay: 0.95,
    normaliseAdvantages: false,
    elites: 0,
    warmup: 0,
    avoidRepeats: false,
    screening: 0,
    temperature: 1,
    entropyBonus: 0,
    entropyHalfLife: null,
    hiddenSize: 35,
    layers: 2,
    initialRange: 0.08,
  },
  strong: {
    learningRate: 0.01,
    batchSize: 1,
    gradientSteps: 1,
    clip: null,
    policyWeight: 0,
    baseline: 'moving-average',
    baselineDecay: 0.95,
    normaliseAdvantages: false,
    elites: 5,
    warmup: 30,
    avoidRepeats: true,
    screening: 32,
    temperature: 1,
    entropyBonus: 0.1,
    entropyHalfLife: null,
    hiddenSize: 35,
    layers: 2,
    initialRange: 0.08,
  },
} as const satisfies Record<string, PolicyGradientSettings>;

const controllerShape = controllerConfigSchema.shape;

/** A preset and what to change in it. */
export const policyGradientOptionsSchema = z.strictObject({
  preset: z.enum(['paper', 'strong']).default('paper'),
  learningRate: z.number().positive().optional(),
  batchSize: z.int().min(1).optional(),
  gradientSteps: z.int().min(1).optional(),
  clip: z.number().positive().lt(1).nullable().optional(),
  policyWeight: z.number().min(0).optional(),
  baseline: z.enum(['moving-average', 'leave-one-out']).optional(),
  baselineDecay: z.number().min(0).lt(1).optional(),
  normaliseAdvantages: z.boolean().optional(),
  elites: z.int().min(0).optional(),
  warmup: z.int().min(0).optional(),
  avoidRepeats: z.boolean().optional(),
  screening: z.int().min(0).optional(),
  temperature: z.number().positive().optional(),
  entropyBonus: z.number().min(0).optional(),
  entropyHalfLife: z.number().positive().nullable().optional(),
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
