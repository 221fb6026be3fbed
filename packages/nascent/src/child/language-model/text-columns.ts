import { type Device, keep, noGrad, scope, type Tensor, tensor } from '@nascent/torch';
import { NascentError } from '../../errors.ts';

/** Words to read and the words that come next: int64 [steps, batch] each. */
export interface TextChunk {
  readonly words: Tensor;
  readonly next: Tensor;
}

/**
 * Words of each part when a text is cut into so many.
 * @throws NascentError `TEXT_TOO_SHORT` where they are fewer than one sequence needs
 */
export function rowsOf(text: Int32Array, batch: number, steps: number): number {
  const rows = Math.floor(text.length / batch);
  if (rows > steps) return rows;
  throw new NascentError(
    'TEXT_TOO_SHORT',
    `the training text has ${text.length} words, which makes ${batch} parts of ${rows}; a sequence of ${steps} steps ` +
      `needs ${steps + 1} in each. Give at least ${batch * (steps + 1)} words, a smaller batchSize, or fewer steps.`,
  );
}

/**
 * A text cut into as many parts as the batch has rows, read side by side from their beginnings, so that the state after
 * one chunk is the state before the next. What is left over at the end of the text is not read.
 */
export class TextColumns {
  readonly batch: number;
  /** Words of each part that have a next one. */
  readonly length: number;
  readonly #columns: Tensor;

  /**
   * @param text word indices
   * @param steps of a chunk, for the check only
   * @param device of the chunks
   * @throws NascentError `TEXT_TOO_SHORT` where the parts are shorter than one chunk
   */
  constructor(text: Int32Array, batch: number, steps: number, device: Device = 'cpu') {
    const rows = rowsOf(text, batch, steps);
    this.batch = batch;
    this.length = rows - 1;
    const columns = new Int32Array(rows * batch);
    for (let row = 0; row < rows; row++)
      for (let part = 0; part < batch; part++)
        columns[row * batch + part] = text[part * rows + row] as number;
    this.#columns = noGrad(() =>
      scope(() =>
        keep(
          tensor(columns, { shape: [rows, batch], dtype: 'int32' })
            .to('int64')
            .to(device),
        ),
      ),
    );
  }

  /** Chunks of at most so many steps; the last may be shorter. */
  chunks(steps: number): number {
    return Math.ceil(this.length / steps);
  }

  /** The chunk's tensors belong to the current scope. */
  chunk(index: number, steps: number): TextChunk {
    const start = index * steps;
    const count = Math.min(steps, this.length - start);
    return {
      words: this.#columns.narrow(0, start, count),
      next: this.#columns.narrow(0, start + 1, count),
    };
  }

  dispose(): void {
    this.#columns.dispose();
  }
}
