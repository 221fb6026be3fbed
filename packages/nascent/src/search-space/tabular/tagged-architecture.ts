import { InvalidArchitectureError } from '../errors.ts';

/**
 * The fields of an architecture from outside whose `kind` must be the given one.
 * By hand and not by a schema: a comparison reads millions of them.
 * @throws InvalidArchitectureError
 */
export function fieldsOfKind(data: unknown, kind: string): Readonly<Record<string, unknown>> {
  const found = typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>) : {};
  if (found['kind'] === kind) return found;
  const what = typeof found['kind'] === 'string' ? `one of kind ${JSON.stringify(found['kind'])}` : 'none';
  throw new InvalidArchitectureError(
    `An architecture of kind "${kind}" was expected, but this is ${what}: ${shortJson(data)}. ` +
      `Only the space ${kind} makes them: name it as \`space.use\` in the config.`,
  );
}

/** For error messages: at most 120 characters. */
export function shortJson(data: unknown): string {
  const text = JSON.stringify(data) ?? String(data);
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}
