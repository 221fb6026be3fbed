import { FONT, fitted, GREY_INK } from './box-column.ts';
import { element, escaped } from './element.ts';
import { wrapped } from './legend.ts';

/** Pixels around every figure. */
export const MARGIN = 16;
const [TITLE_FONT, FACT_FONT] = [15, 11.5];

/** The title and below it some facts, each of them broken into lines no wider than `inner`. */
export function headingOf(
  title: string,
  facts: readonly string[],
  inner: number,
): { readonly height: number; readonly text: string } {
  const lines = facts.flatMap((fact) => wrapped(fact, inner, FACT_FONT));
  return {
    height: MARGIN + TITLE_FONT + 17 * lines.length,
    text: [
      element(
        'text',
        { x: MARGIN, y: MARGIN + TITLE_FONT - 3, 'font-size': TITLE_FONT, 'font-weight': 'bold' },
        // Bold letters are somewhat wider.
        escaped(fitted(title, inner / 1.1, TITLE_FONT)),
      ),
      ...lines.map((line, i) =>
        element(
          'text',
          { x: MARGIN, y: MARGIN + TITLE_FONT + 14 + 17 * i, 'font-size': FACT_FONT, fill: GREY_INK },
          escaped(line),
        ),
      ),
    ].join('\n'),
  };
}

/**
 * A standalone SVG document on white, in pixels.
 * @param title its name for screen readers
 * @param description in words, all that it shows
 * @param parts elements, drawn one over the other
 */
export function figure(
  {
    title,
    description,
    width,
    height,
  }: Readonly<Record<'title' | 'description', string>> & Readonly<Record<'width' | 'height', number>>,
  ...parts: readonly string[]
): string {
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'font-family': 'Helvetica, Arial, Liberation Sans, sans-serif',
      'font-size': FONT,
    },
    ...[
      element('title', {}, escaped(title)),
      element('desc', {}, escaped(description)),
      element('rect', { width, height, fill: '#ffffff' }),
      ...parts,
    ].map((part) => `\n${part}`),
    '\n',
  )}\n`;
}
