import { z } from 'zod';
import { choice } from './decision.ts';
import { InvalidArchitectureError, SpaceOptionsError } from './errors.ts';
import type { SpaceOptions } from './sample.ts';
import type { SearchSpace } from './space.ts';
import { defineSpace } from './space.ts';

/** What is chosen anew for a network that is retrained. Plain data: it crosses process and store edges as JSON. */
export interface RecipeChoice {
  readonly kind: 'recipe';
  readonly version: 1;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Added to the variance in batch normalisation. */
  readonly batchNormEpsilon: number;
  /** Fractions of training, ascending, after each of which the learning rate is divided by 10; at least one. */
  readonly decayAt: readonly number[];
}

const choiceSchema = z.strictObject({
  kind: z.literal('recipe'),
  version: z.literal(1),
  learningRate: z.number().positive(),
  weightDecay: z.number().min(0),
  batchNormEpsilon: z.number().positive(),
  decayAt: z.array(z.number().gt(0).lt(1)).min(1),
});

/** A list that is an option of a grid's space: not empty, all different. */
export function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .min(1, 'is empty: give at least one')
    .refine((list) => new Set(list).size === list.length, 'has the same one twice')
    .readonly();
}

const optionsSchema = z.strictObject({
  learningRate: listOf(z.number().positive('is not positive')),
  weightDecay: listOf(z.number().min(0, 'is negative')),
  batchNormEpsilon: listOf(z.number().positive('is not positive')),
  decayAt: listOf(
    z
      .string()
      .refine(
        (text) => fractionsOf(text) !== null,
        'is not a list of ascending fractions such as at-0.5-0.75',
      ),
  ),
});

/**
 * The recipes of a grid search over learning rate, weight decay, batch-norm ε and the points at which the learning
 * rate decays (Zoph & Le 2017, §4.1): every combination of the options' lists. `nascent retrain` makes it.
 * @throws SpaceOptionsError naming the option
 */
export function recipeGrid(options: SpaceOptions = {}): SearchSpace<RecipeChoice> {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new SpaceOptionsError(
      `The options of space recipe-grid are wrong:\n${z.prettifyError(parsed.error)}\n` +
        `Its options are ${Object.keys(optionsSchema.shape).join(', ')}; all of them are lists.`,
      { cause: parsed.error },
    );
  }
  const { learningRate, weightDecay, batchNormEpsilon, decayAt } = parsed.data;
  const sizes = [learningRate, weightDecay, batchNormEpsilon, decayAt].map((list) => list.length);
  return defineSpace({
    name: 'recipe-grid',
    version: 1,
    decisions: {
      learningRate: choice(learningRate),
      weightDecay: choice(weightDecay),
      batchNormEpsilon: choice(batchNormEpsilon),
      decayAt: choice(decayAt),
    },
    arguments: {},
    options: { ...parsed.data },
    *program(ask) {
      const recipe: RecipeChoice = {
        kind: 'recipe',
        version: 1,
        learningRate: yield* ask.learningRate(),
        weightDecay: yield* ask.weightDecay(),
        batchNormEpsilon: yield* ask.batchNormEpsilon(),
        decayAt: fractionsOf(yield* ask.decayAt()) ?? [],
      };
      return recipe;
    },
    size: () => sizes.reduce((product, size) => product * BigInt(size), 1n),
  });
}

/**
 * Reads a recipe choice from outside (a store, a message).
 * @throws InvalidArchitectureError
 */
export function parseRecipeChoice(data: unknown): RecipeChoice {
  const parsed = choiceSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new InvalidArchitectureError(
    `This is not a choice of recipe of version 1:\n${z.prettifyError(parsed.error)}`,
    { cause: parsed.error },
  );
}

/** Fractions as an option's value, which cannot be a list: `at-0.5-0.75`. */
export function decayText(fractions: readonly number[]): string {
  return `at-${fractions.join('-')}`;
}

/** @returns null where the text is not what {@link decayText} writes of ascending fractions between 0 and 1 */
function fractionsOf(text: string): readonly number[] | null {
  const fractions = text.startsWith('at-') ? text.slice(3).split('-').map(Number) : [Number.NaN];
  const ascending = fractions.every(
    (fraction, i) => fraction > (i === 0 ? 0 : (fractions[i - 1] ?? 1)) && fraction < 1,
  );
  return ascending && decayText(fractions) === text ? fractions : null;
}
