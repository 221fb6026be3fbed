import { readSafetensors, type Tensor, writeSafetensors } from '@nascent/torch';
import { z } from 'zod';
import type { Baseline } from '../reinforce/baseline.ts';
import type { Answer } from '../search-space/decision.ts';
import type { SpaceArguments } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { History, historySchema } from './history.ts';
import { refuseForeignState, type StateHeader } from './state-header.ts';
import { type StrategyResult, StrategyStateError } from './strategy.ts';
import { type SurrogateState, surrogateStateSchema } from './surrogate.ts';

/** What a policy gradient counts and remembers besides its weights. */
export interface Counters {
  readonly drawn: number;
  /** Of these the first so many, which the policy did not draw. */
  readonly adopted: number;
  readonly updates: number;
  readonly baseline: Baseline;
  /** The arguments of the last `ask`; null before the first. */
  readonly arguments: SpaceArguments | null;
}

interface SavedState {
  readonly counters: Counters;
  /** Results of an unfinished minibatch, in order of arrival. */
  readonly pending: readonly StrategyResult[];
  /** Every sample asked and every result told; empty where the settings need no memory. */
  readonly history: History;
  readonly surrogate: SurrogateState;
  /** The controller's flat vector. The initial one is not kept: it follows from the seed. */
  readonly parameters: Tensor;
  readonly adam: Map<string, Tensor>;
}

const PARAMETERS = 'controller.parameters';
const ADAM = 'adam.';
const METADATA_KEY = 'nascent';

const argumentsSchema = z.record(z.string(), z.number());
const answerSchema: z.ZodType<Answer> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('choice'), decision: z.string(), index: z.int().min(0) }),
  z.object({ kind: z.literal('anchor'), decision: z.string(), chosen: z.array(z.int().min(0)) }),
]);
const metadataSchema = z.object({
  header: z.unknown(),
  counters: z.object({
    drawn: z.int().min(0),
    adopted: z.int().min(0).default(0), // states from before there were warm starts
    updates: z.int().min(0),
    baseline: z.number().nullable(),
    arguments: argumentsSchema.nullable(),
  }),
  pending: z.array(
    z.object({
      number: z.int(),
      reward: z.number(),
      arguments: argumentsSchema,
      answers: z.array(answerSchema),
    }),
  ),
  history: historySchema,
  surrogate: surrogateStateSchema,
});

/** Safetensors bytes: weights and Adam's moments as tensors, everything else as JSON in the metadata. */
export function encodeState({
  header,
  counters,
  pending,
  history,
  surrogate,
  parameters,
  adam,
}: SavedState & { readonly header: StateHeader }): Uint8Array {
  const metadata: z.input<typeof metadataSchema> = {
    header,
    counters: { ...counters, arguments: counters.arguments === null ? null : { ...counters.arguments } },
    // The space's identity is in the header already.
    pending: pending.map(({ number, reward, sample }) => ({
      number,
      reward,
      arguments: { ...sample.arguments },
      answers: [...sample.answers],
    })),
    history: history.compact(),
    surrogate,
  };
  const tensors = new Map([[PARAMETERS, parameters]]);
  for (const [name, moment] of adam) tensors.set(ADAM + name, moment);
  return writeSafetensors(tensors, { [METADATA_KEY]: JSON.stringify(metadata) });
}

/**
 * Reads a saved state; its tensors belong to the current scope.
 * @throws StrategyStateError for damaged bytes and for a state of another strategy, space, seed or options
 */
export function decodeState(
  bytes: Uint8Array,
  expected: StateHeader,
  space: SearchSpace,
  parameterCount: number,
): SavedState {
  const { tensors, metadata } = parsed(bytes);
  refuseForeignState(metadata.header, expected);
  const parameters = tensors.get(PARAMETERS);
  if (parameters?.size !== parameterCount) {
    throw new StrategyStateError(
      `the saved strategy state has ${parameters?.size ?? 'no'} controller parameters; expected ${parameterCount}`,
    );
  }
  return {
    counters: metadata.counters,
    pending: metadata.pending.map(({ number, reward, arguments: args, answers }) => ({
      number,
      reward,
      sample: { space: space.identity, arguments: args, answers },
    })),
    history: History.of(space, metadata.history),
    surrogate: metadata.surrogate,
    parameters,
    adam: new Map(
      [...tensors].flatMap(([name, moment]) =>
        name.startsWith(ADAM) ? [[name.slice(ADAM.length), moment] as const] : [],
      ),
    ),
  };
}

function parsed(bytes: Uint8Array) {
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    return { tensors, metadata: metadataSchema.parse(JSON.parse(metadata[METADATA_KEY] ?? 'null')) };
  } catch (cause) {
    throw new StrategyStateError(
      'the saved state of the strategy "policy-gradient" cannot be read: it is damaged, or another strategy ' +
        'wrote it',
      { cause },
    );
  }
}
