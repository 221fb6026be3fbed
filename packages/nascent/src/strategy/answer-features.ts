import { questionNames } from '../search-space/question-name.ts';
import type { Sample } from '../search-space/sample.ts';

/** The category of a feature in a sample that was not asked its question. */
const ABSENT = -1;

/**
 * Samples as vectors of categories, so that their distance is a count of unequal answers. A feature is a choice, by
 * its question name, or one earlier point of one anchor. A sample that was not asked a question is there unlike
 * every sample that was, and like every other that was not.
 */
export class AnswerFeatures {
  readonly #features = new Map<string, number>();
  readonly #decisions: string[] = [];

  /** The decision behind each feature of the samples seen so far. */
  get decisions(): readonly string[] {
    return this.#decisions;
  }

  /** @returns one category for each feature known so far; features that come later are absent */
  of({ answers }: Sample): Int32Array {
    const nameOf = questionNames();
    const found: [feature: number, category: number][] = [];
    for (const answer of answers) {
      const { decision } = answer;
      const name = nameOf(decision);
      if (answer.kind === 'choice') {
        found.push([this.#feature(name, decision), answer.index]);
        continue;
      }
      const earlier = Number.parseInt(name, 10); // a question's name begins with how many came before
      const chosen = new Set(answer.chosen);
      for (let j = 0; j < earlier; j++)
        found.push([this.#feature(`${j}.${name}`, decision), chosen.has(j) ? 1 : 0]);
    }
    const categories = new Int32Array(this.#decisions.length).fill(ABSENT);
    for (const [feature, category] of found) categories[feature] = category;
    return categories;
  }

  #feature(name: string, decision: string): number {
    const known = this.#features.get(name);
    if (known !== undefined) return known;
    const next = this.#features.size;
    this.#features.set(name, next);
    this.#decisions.push(decision);
    return next;
  }
}

/**
 * Weighted Hamming distances.
 * @param weights one for each feature, not negative
 * @returns [rows, columns], row after row: the sum of the weights of those features in which the two differ
 */
export function hammingDistances(
  rows: readonly Int32Array[],
  columns: readonly Int32Array[],
  weights: readonly number[],
): Float64Array {
  const distances = new Float64Array(rows.length * columns.length);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      let distance = 0;
      for (let f = 0; f < weights.length; f++) {
        if ((row[f] ?? ABSENT) !== (column[f] ?? ABSENT)) distance += weights[f] ?? 0;
      }
      distances[at] = distance;
      at += 1;
    }
  }
  return distances;
}
