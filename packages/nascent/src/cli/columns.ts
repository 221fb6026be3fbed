import { createColors } from 'picocolors';

/**
 * A table for people as `table` draws it, printed some rows at a time: for tables so long that they are never held
 * whole. A column is as wide as the widest cell so far, and the last one as wide as it likes.
 */
export class GrowingTable {
  readonly #head: readonly string[];
  readonly #rightAlign: ReadonlySet<number>;
  readonly #dim: (text: string) => string;
  readonly #widths: number[];
  #begun = false;

  constructor(
    head: readonly string[],
    { rightAlign, color }: { readonly rightAlign: readonly number[]; readonly color: boolean },
  ) {
    this.#head = head;
    this.#rightAlign = new Set(rightAlign);
    this.#dim = createColors(color).dim;
    this.#widths = head.map((cell) => cell.length);
  }

  /** The next rows, under the head where they are the first. */
  lines(rows: readonly (readonly string[])[]): string {
    for (const row of rows) {
      for (const [column, cell] of row.entries()) {
        if (cell.length > (this.#widths[column] ?? 0)) this.#widths[column] = cell.length;
      }
    }
    const lines = rows.map((row) => this.#line(row, (cell) => cell));
    if (!this.#begun) lines.unshift(this.#line(this.#head, this.#dim));
    this.#begun = true;
    return lines.join('\n');
  }

  #line(cells: readonly string[], paint: (text: string) => string): string {
    const last = cells.length - 1;
    return cells
      .map((cell, column) => {
        const padding = ' '.repeat((this.#widths[column] ?? 0) - cell.length);
        if (this.#rightAlign.has(column)) return padding + paint(cell);
        return column === last ? paint(cell) : paint(cell) + padding;
      })
      .join('  ')
      .trimEnd();
  }
}
