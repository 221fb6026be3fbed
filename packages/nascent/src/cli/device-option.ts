import { InvalidArgumentError } from 'commander';

/**
 * Parses `--device`: one device as libtorch names it, or several with commas between them. Whether they are there is found by
 * the processes that train on them.
 * @throws InvalidArgumentError, which commander prints with exit code 2
 */
export function deviceNames(text: string): string {
  const names = text.split(',').map((name) => name.trim());
  const odd = names.find((name) => !/^[a-z]+(:\d+)?$/.test(name));
  if (odd === undefined) return names.join(',');
  throw new InvalidArgumentError(
    `${odd === '' ? 'a name is missing' : `"${odd}" names no device`}: expected cpu, cuda or cuda:1, or several such as ` +
      'cuda:0,cuda:1',
  );
}
