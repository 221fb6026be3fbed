/** Labels may come from anybody's space: no control characters reach the terminal. */
export function printable(label: string): string {
  return label.replace(/\p{C}/gu, '?');
}

/** Cuts a text that is too long and ends it with …. */
export function shortened(text: string, width: number): string {
  return lengthOf(text) <= width ? text : `${[...text].slice(0, width - 1).join('')}…`;
}

/** Fills a text with spaces on the right. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - lengthOf(text)));
}

/** Breaks a text between words. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text === '' ? [] : text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Columns of a text, one for each character: labels hold no wide ones. */
export function lengthOf(text: string): number {
  return [...text].length;
}
