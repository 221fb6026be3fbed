import { z } from 'zod';

/** Tan et al. 2019, §3.1: twice the latency is worth about 5 % (relative) more accuracy. */
const SOFT_EXPONENT = -0.07;
/** Their hard constraint. */
const HARD_EXPONENT = -1;

/**
 * Rewards quick children more: the reward is multiplied by (latency / target)^w (Tan et al. 2019, MnasNet, eq. 2).
 *
 * - `soft`: w = `exponent` (−0.07) on both sides of the target; a child quicker than the target earns more.
 * - `hard`: w = 0 within the target, `exponent` (−1) beyond it; below the target latency does not count.
 *
 * Theirs multiplies the accuracy; ours multiplies the whole reward, so that beside accuracy³ the same exponent weighs
 * latency a third as much.
 */
export const latencyGoalSchema = z
  .strictObject({
    targetMs: z.number().positive().describe('Milliseconds of one forward pass that are wanted.'),
    constraint: z
      .enum(['soft', 'hard'])
      .default('soft')
      .describe('soft: quicker is always better; hard: only what is beyond the target costs.'),
    exponent: z.number().lt(0).optional().describe('w; default: -0.07 where soft, -1 where hard.'),
  })
  .describe('Multiplies the reward by (latency / target)^w.');

export type LatencyGoal = z.output<typeof latencyGoalSchema>;

/** @param latencyMs above 0 */
export function latencyFactor(latencyMs: number, { targetMs, constraint, exponent }: LatencyGoal): number {
  switch (constraint) {
    case 'soft':
      return (latencyMs / targetMs) ** (exponent ?? SOFT_EXPONENT);
    case 'hard':
      return Math.max(1, latencyMs / targetMs) ** (exponent ?? HARD_EXPONENT);
  }
}
