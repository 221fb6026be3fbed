/** What one token is: a word between white space, or one Unicode code point. */
export const tokenLevels = ['word', 'character'] as const;
export type TokenLevel = (typeof tokenLevels)[number];

/** The word that stands for a line's end, at word level. A text that spells it out means the same by it. */
export const endOfLine = '<eos>';

/**
 * The tokens of a text, in order.
 *
 * - `word`: what stands between white space, and {@link endOfLine} at the end of each line that has words; blank
 *   lines give nothing. A last line needs no line break. Lines end with LF or CR LF.
 * - `character`: every code point as it is, line breaks too.
 */
export function tokenise(text: string, level: TokenLevel): string[] {
  if (level === 'character') return Array.from(text);
  const tokens: string[] = [];
  for (const line of text.split('\n')) {
    const words = line.match(/\S+/g);
    if (words === null) continue;
    for (const word of words) tokens.push(word);
    tokens.push(endOfLine);
  }
  return tokens;
}

/** Where a token stands: its line, and which word or character of that line it is; both count from 1. */
export interface TokenPlace {
  readonly line: number;
  readonly position: number;
}

/** The place of token `index` of {@link tokenise}. For messages: it reads the text again. */
export function placeOfToken(text: string, level: TokenLevel, index: number): TokenPlace {
  let left = index;
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    // A line break is the last character of its line.
    const tokens = level === 'word' ? tokenise(line, level).length : Array.from(line).length + 1;
    if (left < tokens) return { line: number, position: left + 1 };
    left -= tokens;
  }
  return { line: number, position: left + 1 };
}

/** `3 words`, `1 character`. */
export function countTokens(count: number, level: TokenLevel): string {
  return `${count} ${level}${count === 1 ? '' : 's'}`;
}
