import { printable } from '../fit-text.ts';

type Attributes = Readonly<Record<string, string | number>>;

/** An SVG element as text. Numbers are rounded to hundredths of a pixel. @param children escaped already */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(numeral(value))}"`);
  const opening = `<${name}${written.join('')}`;
  return children.length === 0 ? `${opening}/>` : `${opening}>${children.join('')}</${name}>`;
}

/** Any text as XML; what XML cannot hold, and control characters, become `?`. */
export function escaped(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function numeral(value: string | number): string {
  return typeof value === 'string' ? value : String(Math.round(100 * value) / 100);
}
