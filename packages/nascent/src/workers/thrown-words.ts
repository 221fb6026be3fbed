import { messageOf, NascentError } from '../errors.ts';

/** The code of an error that has one, for a message to another process. */
export function codeOf(thrown: unknown, otherwise: string): string {
  const code = thrown instanceof Error ? (thrown as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : otherwise;
}

/** An error that was written for a reader speaks for itself; of any other, the place helps too. */
export function describeThrown(thrown: unknown): string {
  const meant =
    thrown instanceof NascentError || (thrown instanceof Error && thrown.name.startsWith('Torch'));
  if (meant || !(thrown instanceof Error) || thrown.stack === undefined) return messageOf(thrown);
  const places = thrown.stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('node:internal'))
    .slice(0, 4);
  return [`${thrown.name}: ${messageOf(thrown)}`, ...places].join('\n');
}
