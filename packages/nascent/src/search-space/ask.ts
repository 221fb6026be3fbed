import type { Answer, Choice, Decisions, OptionValue, Question } from './decision.ts';
import { InvalidQuestionError } from './errors.ts';

/** One question on its way to an answer: `yield*` it to receive what was answered. */
export type Asking<Answered> = Generator<Question, Answered, Answer>;

/** Narrows a choice to some of its declared options (a masked softmax), for example `{ only: [1, 3] }`. */
export interface Narrowed<V extends OptionValue> {
  readonly only: readonly V[];
}

/**
 * What a program asks with: one function for each declared decision.
 *
 * - A choice: `yield* ask.height()` or `yield* ask.height({ only: [1, 3] })` gives the chosen option's value.
 * - An anchor: `yield* ask.skip(i)` gives the chosen earlier anchor points, ascending, each in [0, i). `i` is the
 *   number of `skip` questions this program has asked before, so the first call is `ask.skip(0)` and chooses
 *   nothing. Any other `i` throws: anchor points cannot be left out or asked twice, because the controller
 *   keeps one state for each.
 */
export type Ask<D extends Decisions> = {
  readonly [Name in keyof D]: D[Name] extends Choice<infer V>
    ? (narrowed?: Narrowed<V>) => Asking<V>
    : (earlier: number) => Asking<readonly number[]>;
};

/**
 * Makes the `ask` of a space.
 * @param decisions as declared, already checked
 * @param space how to name the space in errors
 * @returns an object which throws InvalidQuestionError when something undeclared is asked
 */
export function askOf<D extends Decisions>(decisions: D, space: string): Ask<D> {
  const functions = new Map<string, unknown>();
  for (const [name, decision] of Object.entries(decisions)) {
    functions.set(
      name,
      decision.kind === 'choice' ? choosing(name, decision, space) : anchoring(name, space),
    );
  }
  const refuseUndeclared: ProxyHandler<object> = {
    get(_, name) {
      if (typeof name === 'symbol') return undefined;
      const found = functions.get(name);
      if (found !== undefined) return found;
      throw new InvalidQuestionError(
        `The program of space ${space} asked ${JSON.stringify(name)}, which is not declared. ` +
          `Declared are ${Object.keys(decisions).join(', ')}. Add it to \`decisions\`, or correct the name.`,
      );
    },
  };
  // The mapped type follows the declaration; the loop above fills it name by name.
  return new Proxy({}, refuseUndeclared) as Ask<D>;
}

function choosing(name: string, { options }: Choice, space: string) {
  const all: readonly number[] = Object.freeze(options.map((_, i) => i));
  return function* (narrowed?: Narrowed<OptionValue>): Asking<OptionValue> {
    const allowed = narrowed === undefined ? all : indicesOf(name, options, narrowed.only, space);
    const answer = yield { kind: 'choice', decision: name, allowed };
    const value = answer.kind === 'choice' ? options[answer.index] : undefined;
    if (value === undefined) throw notFromDialogue(name, space);
    return value;
  };
}

function anchoring(name: string, space: string) {
  return function* (earlier: number): Asking<readonly number[]> {
    const answer = yield { kind: 'anchor', decision: name, earlier };
    if (answer.kind !== 'anchor') throw notFromDialogue(name, space);
    return answer.chosen;
  };
}

function indicesOf(
  name: string,
  options: readonly OptionValue[],
  only: readonly OptionValue[],
  space: string,
): readonly number[] {
  const indices = new Set<number>();
  for (const value of only) {
    const index = options.indexOf(value);
    if (index < 0) {
      throw new InvalidQuestionError(
        `The program of space ${space} narrowed ${name} to ${JSON.stringify(value)}, which is not one of ` +
          `its options ${options.map((option) => JSON.stringify(option)).join(', ')}. ` +
          'Narrow a choice to declared options only.',
      );
    }
    indices.add(index);
  }
  if (indices.size === 0) {
    throw new InvalidQuestionError(
      `The program of space ${space} narrowed ${name} to no option at all. Leave at least one.`,
    );
  }
  return Object.freeze([...indices].sort((a, b) => a - b));
}

/** Only a program driven by hand, past the dialogue's checks, can come here. */
function notFromDialogue(name: string, space: string): InvalidQuestionError {
  return new InvalidQuestionError(
    `${name} of space ${space} was answered with something else than an answer.`,
  );
}
