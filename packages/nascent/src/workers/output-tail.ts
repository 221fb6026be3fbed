import type { Readable } from 'node:stream';

const lines = 20;
const longestLine = 500;

/** The last lines that a process wrote, for the report of its death. */
export class OutputTail {
  readonly #kept: string[] = [];
  #partial = '';

  /** @param onLine called with each whole line, as it comes */
  constructor(stream: Readable, onLine?: (line: string) => void) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const parts = (this.#partial + chunk).split('\n');
      this.#partial = (parts.pop() ?? '').slice(-10 * longestLine); // a stream without line breaks must not grow
      for (const line of parts) {
        this.#keep(line);
        onLine?.(line);
      }
    });
    stream.on('error', () => {}); // the reading end of a killed process
  }

  #keep(line: string): void {
    if (line.trim() === '') return;
    this.#kept.push(line.length > longestLine ? `${line.slice(0, longestLine)}…` : line);
    if (this.#kept.length > lines) this.#kept.shift();
  }

  /** Oldest first; blank lines are left out. */
  last(): readonly string[] {
    return this.#partial.trim() === '' ? this.#kept : [...this.#kept, this.#partial];
  }
}
