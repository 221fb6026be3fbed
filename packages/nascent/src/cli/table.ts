import Table from 'cli-table3';
import { createColors } from 'picocolors';

/** A table for people: no frame, columns two spaces apart, the head dimmed. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { rightAlign, color }: { readonly rightAlign: readonly number[]; readonly color: boolean },
): string {
  const none = '';
  const drawn = new Table({
    chars: {
      top: none,
      'top-mid': none,
      'top-left': none,
      'top-right': none,
      bottom: none,
      'bottom-mid': none,
      'bottom-left': none,
      'bottom-right': none,
      left: none,
      'left-mid': none,
      mid: none,
      'mid-mid': none,
      right: none,
      'right-mid': none,
      middle: '  ',
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((_, column) => (rightAlign.includes(column) ? 'right' : 'left')),
  });
  const { dim } = createColors(color);
  drawn.push(
    head.map((cell) => dim(cell)),
    ...rows.map((row) => [...row]),
  );
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
