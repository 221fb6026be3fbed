import { z } from 'zod';
import type { Outcome } from '../evaluation/evaluation.ts';

/**
 * What a child earns that was refused because it is too large.
 *
 * - `failed`, the default: the constant `failed`, like any other failure.
 * - `graded`: failed − span · (1 − limit / value). At the limit it is `failed`, far beyond it `failed` − span: a
 *   controller whose samples are all too large learns from it in which direction there are smaller ones. Never above
 *   `failed`.
 */
export const tooLargeSchema = z
  .union([
    z.literal('failed'),
    z.strictObject({
      kind: z.literal('graded'),
      span: z.number().positive().default(0.1).describe('How far below `failed` the largest children come.'),
    }),
  ])
  .describe("What a refused child earns: `failed`, or less the larger it is ({ kind: 'graded', span }).");

export type TooLargeReward = z.output<typeof tooLargeSchema>;

/** @returns in (failed − span, failed] */
export function rewardOfTooLarge(
  { value, limit }: Extract<Outcome, { readonly kind: 'too-large' }>,
  {
    failed,
    tooLarge = 'failed',
  }: { readonly failed: number; readonly tooLarge?: TooLargeReward | undefined },
): number {
  if (tooLarge === 'failed' || value <= limit) return failed;
  return failed - tooLarge.span * (1 - limit / value);
}
