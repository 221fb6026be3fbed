import { z } from 'zod';

/**
 * How a study ends the training of hopeless children early. Absent by default: the paper trains every child to the
 * end (Zoph & Le 2017, §4.1).
 *
 * - `median`: the median stopping rule (Golovin et al. 2017, §3.2.2): `median-rule.ts`.
 * - `asha`: asynchronous successive halving (Li et al. 2020), the variant that stops: `asha-rule.ts`.
 */
export const stoppingSchema = z
  .discriminatedUnion('rule', [
    z.strictObject({
      rule: z
        .literal('median')
        .describe('Stop where the best score so far is below the median of what earlier children averaged.'),
      after: z.int().min(1).default(1).describe('No child is stopped before it has trained so many epochs.'),
      warmUpTrials: z.int().min(1).default(5).describe('Trials that must be trained to the end first.'),
    }),
    z.strictObject({
      rule: z
        .literal('asha')
        .describe('At epochs r, rη, rη², …: go on only in the top 1/η of the children that came so far.'),
      firstRung: z.int().min(1).default(1).describe('r, in epochs.'),
      factor: z.int().min(2).default(4).describe('η.'),
    }),
  ])
  .describe('Ends the training of hopeless children early; without it every child is trained to the end.');

/** With every default filled in. */
export type StoppingRule = z.output<typeof stoppingSchema>;
export type MedianRule = Extract<StoppingRule, { readonly rule: 'median' }>;
export type AshaRule = Extract<StoppingRule, { readonly rule: 'asha' }>;
