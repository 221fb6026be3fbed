import { z } from 'zod';
import { refuseForeignState, type StateHeader } from './state-header.ts';
import { StrategyStateError } from './strategy.ts';

/**
 * A strategy's state as UTF-8 JSON. Numbers come back bit for bit: JSON writes the shortest decimal that reads back
 * as the same double.
 * @param content plain data, all numbers finite
 */
export function writeJsonState(header: StateHeader, content: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ header, ...content }));
}

/**
 * Reads a state that {@link writeJsonState} wrote.
 * @throws StrategyStateError for damaged bytes and for a state of another strategy, space, seed or options
 */
export function readJsonState<Schema extends z.ZodType>(
  bytes: Uint8Array,
  expected: StateHeader,
  schema: Schema,
): z.output<Schema> {
  const { strategy } = expected;
  const unreadable = (cause: unknown) =>
    new StrategyStateError(
      `the saved state of the strategy "${strategy}" cannot be read: it is damaged, or another strategy wrote it`,
      { cause },
    );
  let state: z.output<typeof anyState>;
  try {
    state = anyState.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw unreadable(cause);
  }
  refuseForeignState(state.header, expected);
  const content = schema.safeParse(state);
  if (content.success) return content.data;
  throw unreadable(content.error);
}

const anyState = z.looseObject({ header: z.unknown() });
