/**
 * What a comparison and its run workers say to each other. A run worker computes whole runs of strategies on an
 * inline evaluator (a table): one order, one run.
 */
import { z } from 'zod';
import { evaluatorFactsSchema } from '../evaluation/parse.ts';
import { searchRunSchema } from '../trial/parse-search-run.ts';
import { moduleSchema } from './messages.ts';

const split = z.enum(['validation', 'test', 'benchmark']).nullable();

/** Comparison → run worker. */
export const runOrderSchema = z.discriminatedUnion('kind', [
  /** The first message: load space, evaluator and strategies, once. */
  z.strictObject({
    kind: z.literal('open'),
    /** The comparison's config; parsed again where it arrives. */
    config: z.unknown(),
    space: moduleSchema,
    evaluator: moduleSchema,
    strategies: z.array(z.strictObject({ label: z.string(), module: moduleSchema, options: z.unknown() })),
    configDirectory: z.string(),
    threads: z.int().min(1),
  }),
  z.strictObject({ kind: z.literal('run'), strategy: z.string(), seed: z.int().min(0) }),
]);
export type RunOrder = z.infer<typeof runOrderSchema>;

/** Run worker → comparison. */
export const runWordSchema = z.discriminatedUnion('kind', [
  /** All is loaded, and every strategy takes its options. `finals`: the evaluator has fully trained scores. */
  z.strictObject({ kind: z.literal('opened'), facts: evaluatorFactsSchema, finals: z.boolean() }),
  /** Something cannot be loaded. */
  z.strictObject({ kind: z.literal('refused'), code: z.string(), message: z.string() }),
  z.strictObject({
    kind: z.literal('finished'),
    run: searchRunSchema,
    clock: z.enum(['simulated', 'measured']),
    finals: z.strictObject({ validation: split, test: split }).nullable(),
  }),
  /** The strategy or the evaluator threw. */
  z.strictObject({ kind: z.literal('threw'), code: z.string(), message: z.string() }),
]);
export type RunWord = z.infer<typeof runWordSchema>;
