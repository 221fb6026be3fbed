import { InvalidArgumentError } from './errors.ts';
import type { SpaceArguments } from './sample.ts';

/** What an argument of a space must be. Both bounds are inclusive. */
export interface ArgumentRule {
  readonly integer?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
}

export type ArgumentRules = Readonly<Record<string, ArgumentRule>>;

/**
 * Checks the arguments of a sample and returns a frozen copy for the program.
 *
 * With rules, exactly the declared arguments must be there. Without, any finite numbers may come, and reading
 * one that is missing throws: a misspelt argument must not turn into a network without layers.
 *
 * @throws InvalidArgumentError
 */
export function checkedArguments(
  given: SpaceArguments,
  rules: ArgumentRules | undefined,
  space: string,
): SpaceArguments {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new InvalidArgumentError(
        `The argument ${name} of space ${space} is ${String(value)}. Give a finite number.`,
      );
    }
  }
  if (rules === undefined) return refusingMissing({ ...given }, space);
  const known = Object.keys(rules).join(', ') || 'none';
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(rules, name)) {
      throw new InvalidArgumentError(`Space ${space} has no argument ${name}. Its arguments: ${known}.`);
    }
  }
  for (const [name, rule] of Object.entries(rules)) checkRule(name, given[name], rule, space);
  return Object.freeze({ ...given });
}

function checkRule(name: string, value: number | undefined, rule: ArgumentRule, space: string): void {
  const { integer = false, minimum = -Infinity, maximum = Infinity } = rule;
  const fits =
    value !== undefined && value >= minimum && value <= maximum && (!integer || Number.isSafeInteger(value));
  if (fits) return;
  const bounds = [
    ...(minimum === -Infinity ? [] : [`at least ${minimum}`]),
    ...(maximum === Infinity ? [] : [`at most ${maximum}`]),
  ].join(' and ');
  const found = value === undefined ? 'missing' : String(value);
  throw new InvalidArgumentError(
    `The argument ${name} of space ${space} is ${found}. ` +
      `Give ${integer ? 'an integer' : 'a number'}${bounds === '' ? '' : `, ${bounds}`}.`,
  );
}

function refusingMissing(given: SpaceArguments, space: string): SpaceArguments {
  return new Proxy(Object.freeze(given), {
    get(target, name) {
      if (typeof name === 'symbol') return undefined;
      if (Object.hasOwn(target, name)) return target[name];
      throw new InvalidArgumentError(
        `The program of space ${space} reads the argument ${name}, which was not given. ` +
          `Given were: ${Object.keys(target).join(', ') || 'none'}.`,
      );
    },
  });
}
