import { totalmem } from 'node:os';
import { z } from 'zod';
import type { Outcome, SizeMeasure } from '../evaluation/evaluation.ts';

type TooLarge = Extract<Outcome, { readonly kind: 'too-large' }>;

/** Options of `image-classifier`: children beyond one of them are refused before anything of them is built. */
export const sizeLimitsShape = {
  maxParameters: z.int().min(1).optional().describe('children with more are refused before training'),
  maxFlops: z
    .number()
    .positive()
    .optional()
    .describe('children that need more multiply-adds for one image, forwards, are refused before training'),
  memoryMiB: z
    .number()
    .positive()
    .optional()
    .describe(
      'children whose training is predicted to need more resident memory, engine and data included, are refused; ' +
        "default: the study's limits.memoryMiB, else what the machine has",
    ),
} as const;

/** The memory of this machine, or of the container that the process is confined to. */
export function machineMiB(): number {
  const confined = process.constrainedMemory(); // 0 where there is no bound
  return Math.min(totalmem(), confined > 0 ? confined : Infinity) / 2 ** 20;
}

/** One limit, and what a child measures against it. */
export interface SizeLimit {
  readonly measure: SizeMeasure;
  readonly value: number;
  /** Null where there is none. */
  readonly limit: number | null;
}

/** The first limit that a child is over; null where it fits. */
export function overLimit(limits: readonly SizeLimit[]): TooLarge | null {
  for (const { measure, value, limit } of limits) {
    if (limit !== null && value > limit) return { kind: 'too-large', measure, value, limit };
  }
  return null;
}
