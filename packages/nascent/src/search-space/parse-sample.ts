import { z } from 'zod';
import { InvalidSampleError } from './errors.ts';
import type { Sample } from './sample.ts';

const optionValue = z.union([z.number(), z.string(), z.boolean()]);

const sampleSchema = z.object({
  space: z.object({
    name: z.string(),
    version: z.int(),
    fingerprint: z.string(),
    options: z.record(z.string(), z.union([optionValue, z.array(optionValue).readonly()])),
  }),
  arguments: z.record(z.string(), z.number()),
  answers: z
    .array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('choice'), decision: z.string(), index: z.int() }),
        z.object({ kind: z.literal('anchor'), decision: z.string(), chosen: z.array(z.int()).readonly() }),
      ]),
    )
    .readonly(),
});

/**
 * Reads a sample from outside (a file, a store, JavaScript without types). Whether its answers fit a space is
 * for the space to say.
 * @throws InvalidSampleError naming the field
 */
export function parseSample(data: unknown): Sample {
  const parsed = sampleSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new InvalidSampleError(`This is not a sample:\n${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  });
}
