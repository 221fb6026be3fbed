import { z } from 'zod';
import { type Choice, choice } from './decision.ts';
import { InvalidArchitectureError, SpaceOptionsError } from './errors.ts';
import { listOf } from './recipe-grid.ts';
import type { SpaceOptions } from './sample.ts';
import { defineSpace, type SearchSpace } from './space.ts';

const probability = z.number().min(0, 'is negative').lt(1, 'is not below 1');

/** What a grid may vary, and what one value of each is. */
const axes = {
  /** Of the optimiser. */
  learningRate: z.number().positive('is not positive'),
  /** Weights begin uniform in ± this. */
  initialisation: z.number().positive('is not positive'),
  /** What is dropped of the input of each layer, and of the softmax. */
  dropout: probability,
  /** What is dropped of the hidden state that each layer hands on. */
  recurrentDropout: probability,
  /** What is dropped of the words of a sequence. */
  embeddingDropout: probability,
  /** The epoch from which on the learning rate decays. */
  decayFrom: z.int().min(0, 'is negative'),
} as const;

type Axis = keyof typeof axes;
const names = Object.keys(axes) as readonly Axis[];

/**
 * What is chosen anew for a recurrent cell that is retrained; what is absent stays as it was. Plain data: it crosses
 * process and store edges as JSON.
 */
export type LanguageRecipeChoice = {
  readonly kind: 'language-recipe';
  readonly version: 1;
} & { readonly [Name in Axis]?: number };

const optionsSchema = z
  .strictObject({
    learningRate: listOf(axes.learningRate).optional(),
    initialisation: listOf(axes.initialisation).optional(),
    dropout: listOf(axes.dropout).optional(),
    recurrentDropout: listOf(axes.recurrentDropout).optional(),
    embeddingDropout: listOf(axes.embeddingDropout).optional(),
    decayFrom: listOf(axes.decayFrom).optional(),
  })
  .refine((options) => Object.values(options).some((list) => list !== undefined), 'nothing is to be varied');

const choiceSchema = z.strictObject({
  kind: z.literal('language-recipe'),
  version: z.literal(1),
  learningRate: axes.learningRate.optional(),
  initialisation: axes.initialisation.optional(),
  dropout: axes.dropout.optional(),
  recurrentDropout: axes.recurrentDropout.optional(),
  embeddingDropout: axes.embeddingDropout.optional(),
  decayFrom: axes.decayFrom.optional(),
});

/**
 * The recipes of a grid search over learning rate, weight initialisation, dropout rates and the epoch at which the
 * learning rate begins to decay (Zoph & Le 2017, §4.2): every combination of the options' lists. What has no list is
 * not asked. `nascent retrain` makes it.
 * @throws SpaceOptionsError naming the option
 */
export function languageRecipeGrid(options: SpaceOptions = {}): SearchSpace<LanguageRecipeChoice> {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new SpaceOptionsError(
      `The options of space language-recipe-grid are wrong:\n${z.prettifyError(parsed.error)}\n` +
        `Its options are ${names.join(', ')}; all of them are lists, and at least one must be there.`,
      { cause: parsed.error },
    );
  }
  // In the order above, whatever that of the options is: it is the order of the decisions.
  const lists = names.flatMap((name) => {
    const list = parsed.data[name];
    return list === undefined ? [] : [[name, list] as const];
  });
  const decisions: Readonly<Record<string, Choice<number>>> = Object.fromEntries(
    lists.map(([name, list]) => [name, choice(list)]),
  );
  return defineSpace({
    name: 'language-recipe-grid',
    version: 1,
    decisions,
    arguments: {},
    options: Object.fromEntries(lists),
    *program(ask) {
      const values: Record<string, number> = {};
      for (const [name] of lists) {
        const question = ask[name];
        if (question !== undefined) values[name] = yield* question();
      }
      return parseLanguageRecipeChoice({ kind: 'language-recipe', version: 1, ...values });
    },
    size: () => lists.reduce((product, [, list]) => product * BigInt(list.length), 1n),
  });
}

/**
 * Reads a recipe choice from outside (a store, a message).
 * @throws InvalidArchitectureError
 */
export function parseLanguageRecipeChoice(data: unknown): LanguageRecipeChoice {
  const parsed = choiceSchema.safeParse(data);
  if (!parsed.success) {
    throw new InvalidArchitectureError(
      `This is not a choice of a language model's recipe of version 1:\n${z.prettifyError(parsed.error)}`,
      { cause: parsed.error },
    );
  }
  const { kind, version, ...values } = parsed.data;
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { kind, version, ...Object.fromEntries(given) };
}
