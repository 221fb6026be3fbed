import { InvalidArgumentError } from 'commander';

/** Parses `--log`. @throws InvalidArgumentError, which commander prints with exit code 2 */
export function logFormat(text: string): 'json' | 'text' {
  if (text === 'json' || text === 'text') return text;
  throw new InvalidArgumentError('expected text or json');
}
