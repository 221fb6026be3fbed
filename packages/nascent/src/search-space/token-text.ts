import type { OptionValue } from './decision.ts';

/*
 * How names and values are written in token strings. What comes out uses letters, digits and . _ - % only,
 * so that the separators / , = + @ : stay free and no shell touches the string.
 */

const PLAIN = /[A-Za-z0-9._-]/;

/** Looks like what a number or a boolean is written as, or like a command-line flag. */
const MISLEADING = /^(-.*|true|false|none|[+.]?\d.*|Infinity|NaN)$/;

/** Writes a name or a string option; everything but letters, digits and . _ - is percent-escaped as UTF-8. */
export function encodeText(text: string): string {
  const escaped = Array.from(text, (character) =>
    PLAIN.test(character) ? character : percentEscape(character),
  ).join('');
  // A string such as '3' must not read as the number 3: its first character is escaped.
  return MISLEADING.test(escaped) ? percentEscape(escaped.charAt(0)) + escaped.slice(1) : escaped;
}

/** @returns null when an escape is broken or a character is not allowed */
export function decodeText(text: string): string | null {
  if (!/^(?:[A-Za-z0-9._-]|%[0-9A-F]{2})+$/.test(text)) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // the bytes are not UTF-8
  }
}

/** Writes an option's value; different values give different texts, also across types. */
export function encodeValue(value: OptionValue): string {
  if (typeof value === 'string') return encodeText(value);
  return typeof value === 'number' ? encodeNumber(value) : String(value);
}

/** @returns undefined when the text is no value */
export function decodeValue(text: string): OptionValue | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  return decodeNumber(text) ?? decodeText(text) ?? undefined;
}

/** JavaScript's shortest text, with 1e+21 written 1e21: + separates the items of a list. */
export function encodeNumber(value: number): string {
  return String(value).replace('+', '');
}

/** @returns null unless the text is exactly how `encodeNumber` writes a finite number */
export function decodeNumber(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) && encodeNumber(value) === text ? value : null;
}

function percentEscape(character: string): string {
  return Array.from(
    new TextEncoder().encode(character),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}
