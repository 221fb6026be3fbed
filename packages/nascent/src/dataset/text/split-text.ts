import { DatasetError } from '../errors.ts';
import type { TokenLevel } from './tokens.ts';

/** A piece of a file's text, and where it begins there. */
export interface TextPiece {
  readonly path: string;
  readonly text: string;
  /** The line of the file on which it begins, counted from 1. */
  readonly firstLine: number;
  /** The character (code point) of that line with which it begins, counted from 1. */
  readonly firstPosition: number;
}

export interface TextFractions {
  readonly validation: number;
  readonly test: number;
}

/**
 * Cuts a text in three, in its order: training, validation, test. Fractions are of its length in UTF-16 code units;
 * a cut moves back to where a line begins (words) or a code point does (characters).
 * @throws DatasetError `SPLIT_INVALID` for fractions that leave nothing to train on
 */
export function splitText(
  path: string,
  text: string,
  { validation, test }: TextFractions,
  level: TokenLevel,
): Readonly<Record<'train' | 'validation' | 'test', TextPiece>> {
  if (validation + test >= 1) {
    throw new DatasetError(
      'SPLIT_INVALID',
      `validation takes ${validation} of ${path} and the test ${test}, which leaves nothing to train on; expected less ` +
        'than 1 together. Lower `validationFraction` or `testFraction`.',
    );
  }
  const { length } = text;
  const cut = (fraction: number): number => boundary(text, Math.round(length * (1 - fraction)), level);
  const [first, second] = [cut(validation + test), cut(test)];
  const piece = (from: number, to: number): TextPiece => {
    const lineStart = text.lastIndexOf('\n', from - 1) + 1;
    return {
      path,
      text: text.slice(from, to),
      firstLine: from === 0 ? 1 : text.slice(0, from).split('\n').length,
      firstPosition: from === 0 ? 1 : Array.from(text.slice(lineStart, from)).length + 1,
    };
  };
  return { train: piece(0, first), validation: piece(first, second), test: piece(second, length) };
}

function boundary(text: string, at: number, level: TokenLevel): number {
  if (at <= 0) return 0;
  if (at >= text.length) return text.length;
  if (level === 'word') return text.lastIndexOf('\n', at - 1) + 1;
  const unit = text.charCodeAt(at);
  const isSecondHalf = unit >= 0xdc00 && unit <= 0xdfff;
  return isSecondHalf ? at - 1 : at;
}
