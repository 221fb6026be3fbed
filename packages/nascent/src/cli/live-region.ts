/**
 * A block of lines at the bottom of a terminal that is drawn again in place.
 * Lines printed through `above` scroll away over it, as a log does.
 */
export class LiveRegion {
  readonly #stream: NodeJS.WritableStream;
  #drawn: readonly string[] = [];

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  /** Replaces the block. Each line must fit the terminal's width: a wrapped line would leave a trace. */
  draw(lines: readonly string[]): void {
    this.#stream.write(`${this.#erase()}${lines.map((line) => `${line}\n`).join('')}`);
    this.#drawn = lines;
  }

  /** Prints a line that stays, above the block. */
  above(line: string): void {
    const block = this.#drawn;
    this.#stream.write(`${this.#erase()}${line}\n${block.map((text) => `${text}\n`).join('')}`);
    this.#drawn = block;
  }

  /** Removes the block. */
  clear(): void {
    this.#stream.write(this.#erase());
    this.#drawn = [];
  }

  #erase(): string {
    // To column 0 (an echoed ^C moves the cursor), up to the first line, then everything below away.
    return this.#drawn.length === 0 ? '' : `\r\u001b[${this.#drawn.length}A\u001b[0J`;
  }
}
