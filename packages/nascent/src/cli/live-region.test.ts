import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LiveRegion } from './live-region.ts';

/** The part of a terminal that a live region uses: text, line breaks, carriage return, cursor up, erase below. */
class Screen extends Writable {
  readonly rows: string[] = [''];
  #row = 0;
  #column = 0;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's commands are control characters
    for (const [part, up] of chunk.toString().matchAll(/\u001b\[(\d+)A|\u001b\[0J|[\s\S]/g)) {
      if (up !== undefined) this.#row -= Number(up);
      else if (part === '\u001b[0J') {
        this.rows.length = this.#row + 1;
        this.rows[this.#row] = (this.rows[this.#row] ?? '').slice(0, this.#column);
      } else if (part === '\r') this.#column = 0;
      else if (part === '\n') {
        this.#row++;
        this.#column = 0;
        this.rows[this.#row] ??= '';
      } else {
        const row = (this.rows[this.#row] ?? '').padEnd(this.#column);
        this.rows[this.#row] = row.slice(0, this.#column) + part + row.slice(this.#column + 1);
        this.#column++;
      }
    }
    done();
  }
}

describe('live region', () => {
  it('is drawn again in place, whether it grows or shrinks', () => {
    const screen = new Screen();
    const region = new LiveRegion(screen);
    region.draw(['one', 'two', 'three']);
    region.draw(['four']);
    expect(screen.rows).toEqual(['four', '']);
    region.draw(['five', 'six']);
    expect(screen.rows).toEqual(['five', 'six', '']);
  });

  it('lets a line stay above itself, and leaves only such lines behind', () => {
    const screen = new Screen();
    const region = new LiveRegion(screen);
    region.draw(['bar', 'facts']);
    region.above('a worker died');
    expect(screen.rows).toEqual(['a worker died', 'bar', 'facts', '']);
    region.clear();
    expect(screen.rows).toEqual(['a worker died', '']);
  });

  it('leaves no trace where the terminal has echoed ^C', () => {
    const screen = new Screen();
    const region = new LiveRegion(screen);
    region.draw(['███', 'facts']);
    screen.write('^C');
    region.above('stopping');
    region.clear();
    expect(screen.rows).toEqual(['stopping', '']);
  });
});
