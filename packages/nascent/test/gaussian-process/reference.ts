import { readFileSync } from 'node:fs';
import { z } from 'zod';

const vector = z.array(z.number());

/** NumPy's numbers (`reference.py`), to hold our Gaussian process against. */
export const numpy = z
  .object({
    observed: z.array(vector),
    asked: z.array(vector),
    weights: vector,
    targets: vector,
    lengthScale: z.number(),
    noise: z.number(),
    distances: z.array(vector),
    distancesTo: z.array(vector),
    logLikelihood: z.number(),
    mean: vector,
    deviation: vector,
    best: z.number(),
    improvement: vector,
  })
  .parse(JSON.parse(readFileSync(new URL('./reference.numbers.json', import.meta.url), 'utf8')));
