import { InvalidArgumentError } from 'commander';

/** Parses an option's value. @throws InvalidArgumentError, which commander prints with exit code 2 */
export function positiveInteger(text: string): number {
  return wholeNumber(text, 1);
}

/** Like `positiveInteger`, and 0. */
export function naturalNumber(text: string): number {
  return wholeNumber(text, 0);
}

function wholeNumber(text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new InvalidArgumentError(`expected a whole number, at least ${least}`);
}
