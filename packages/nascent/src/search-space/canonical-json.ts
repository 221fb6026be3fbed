import { createHash } from 'node:crypto';
import { NascentError } from '../errors.ts';

/** A value that has no canonical JSON form, for example NaN, a function or a cycle. */
export class NotPlainDataError extends NascentError {
  constructor(path: string, found: string) {
    super(
      'NOT_PLAIN_DATA',
      `${path} is ${found}, which JSON cannot keep. ` +
        'Use objects, arrays, strings, finite numbers, booleans and null only.',
    );
  }
}

/**
 * JSON with sorted keys and no white space: equal data give equal text, whatever the order of their keys.
 * A property whose value is undefined is left out, as JSON does.
 *
 * @throws NotPlainDataError on anything that JSON would change silently (NaN, Map, function, cycle …)
 */
export function canonicalJson(value: unknown): string {
  return write(value, 'the value', new Set());
}

/** SHA-256 of the canonical JSON, 64 hexadecimal digits. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/**
 * The identity of an architecture: equal architectures have equal keys, whatever sample they came from.
 * @param architecture plain data, as a space's program returns it
 * @returns SHA-256 over its canonical JSON, 64 hexadecimal digits
 * @throws NotPlainDataError when the architecture is not plain data
 */
export function architectureKey(architecture: unknown): string {
  return hashOf(architecture);
}

function write(value: unknown, path: string, parents: Set<object>): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new NotPlainDataError(path, String(value));
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw new NotPlainDataError(path, `of type ${typeof value}`);
  if (parents.has(value)) throw new NotPlainDataError(path, 'part of itself');

  parents.add(value);
  const text = Array.isArray(value) ? writeArray(value, path, parents) : writeObject(value, path, parents);
  parents.delete(value);
  return text;
}

function writeArray(items: readonly unknown[], path: string, parents: Set<object>): string {
  return `[${items.map((item, i) => write(item, `${path}[${i}]`, parents)).join(',')}]`;
}

function writeObject(value: object, path: string, parents: Set<object>): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotPlainDataError(path, `of class ${value.constructor?.name ?? 'unknown'}`);
  }
  const properties = Object.entries(value)
    .filter(([, property]) => property !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, property]) => `${JSON.stringify(name)}:${write(property, `${path}.${name}`, parents)}`);
  return `{${properties.join(',')}}`;
}
