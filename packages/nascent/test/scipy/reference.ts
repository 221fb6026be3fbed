import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** SciPy's numbers (`reference.py`), to hold our statistics against. */
export const scipy = z
  .object({
    paired: z.record(
      z.string(),
      z.object({
        differences: z.array(z.number()),
        mean: z.number(),
        std: z.number(),
        t: z.number(),
        p: z.number(),
        low: z.number(),
        high: z.number(),
        dz: z.number(),
        signFlip: z.number().optional(),
      }),
    ),
    kendall: z.record(
      z.string(),
      z.object({ x: z.array(z.number()), y: z.array(z.number()), tau: z.number() }),
    ),
    tails: z.array(z.object({ t: z.number(), df: z.number(), p: z.number() })),
  })
  .parse(JSON.parse(readFileSync(new URL('./reference.numbers.json', import.meta.url), 'utf8')));
