/**
 * Which anchor states each row of a lock-step batch has, and how the last anchor step chose among them.
 *
 * Rows may reach their anchor questions at different steps. The memory keeps one entry for each step at which
 * any row asked (its state covers all rows), and for each row the entries of its own anchors, in order.
 */
export class AnchorMemory<State> {
  readonly #entries: State[] = [];
  readonly #own: number[][];
  /** The anchors that each row chose in the step just past; null for rows that were not at an anchor step. */
  #chosen: (readonly number[] | null)[];

  constructor(rows: number) {
    this.#own = Array.from({ length: rows }, () => []);
    this.#chosen = Array.from({ length: rows }, () => null);
  }

  get entries(): readonly State[] {
    return this.#entries;
  }

  /** Adds this step's state for the rows that ask an anchor question now. */
  remember(state: State, rows: readonly number[]): void {
    const entry = this.#entries.push(state) - 1;
    for (const row of rows) this.#own[row]?.push(entry);
  }

  /** The entry of a row's anchor `earlier`. */
  entryOf(row: number, earlier: number): number {
    const entry = this.#own[row]?.[earlier];
    if (entry === undefined) {
      throw new RangeError(`row ${row} has no anchor ${earlier}; it has ${this.#own[row]?.length ?? 0}`);
    }
    return entry;
  }

  choose(row: number, chosen: readonly number[]): void {
    this.#chosen[row] = chosen;
  }

  /**
   * The weights [entries × rows], row-major, of the mean over each row's chosen anchors, and forgets the
   * choice; null where no row chose any.
   */
  takeMeanWeights(): Float64Array | null {
    const rows = this.#own.length;
    const weights = new Float64Array(this.#entries.length * rows);
    let any = false;
    for (const [row, chosen] of this.#chosen.entries()) {
      for (const earlier of chosen ?? []) {
        weights[this.entryOf(row, earlier) * rows + row] = 1 / (chosen?.length ?? 1);
        any = true;
      }
      this.#chosen[row] = null;
    }
    return any ? weights : null;
  }
}
