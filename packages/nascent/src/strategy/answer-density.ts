import type { RandomStream } from '../random.ts';
import type { Answer, Question } from '../search-space/decision.ts';
import { questionNames } from '../search-space/question-name.ts';
import type { Sample } from '../search-space/sample.ts';

/**
 * How likely each answer to a question is, judged by the answers of a group of samples: the categorical density of
 * a tree-structured Parzen estimator (Bergstra et al. 2011, §4). One for each question name, so that a conditional
 * question is judged only by the samples in which it was asked.
 */
export class AnswerDensity {
  readonly #priorWeight: number;
  /** By question name: how often each option was chosen. */
  readonly #options = new Map<string, number[]>();
  /** By question name: how often each earlier anchor point was chosen, and how often the anchor was asked. */
  readonly #anchors = new Map<string, { readonly chosen: number[]; asked: number }>();

  /** @param priorWeight imagined samples for each option, and for each side of an anchor's bit; positive */
  constructor(samples: readonly Sample[], priorWeight: number) {
    this.#priorWeight = priorWeight;
    for (const { answers } of samples) {
      const nameOf = questionNames();
      for (const answer of answers) this.#count(nameOf(answer.decision), answer);
    }
  }

  #count(name: string, answer: Answer): void {
    if (answer.kind === 'choice') {
      const counts = entry(this.#options, name, () => []);
      counts[answer.index] = (counts[answer.index] ?? 0) + 1;
      return;
    }
    const counts = entry(this.#anchors, name, () => ({ chosen: [], asked: 0 }));
    counts.asked += 1;
    for (const j of answer.chosen) counts.chosen[j] = (counts.chosen[j] ?? 0) + 1;
  }

  /**
   * Probabilities of the answers to a question, all positive.
   * @returns for a choice, one for each allowed option, (count + w) ÷ Σ over the allowed ones, where w is the prior
   *   weight; for an anchor, the probability of each earlier point on its own, (chosen + w) ÷ (asked + 2w)
   */
  of(name: string, question: Question): readonly number[] {
    const w = this.#priorWeight;
    if (question.kind === 'anchor') {
      const counts = this.#anchors.get(name);
      return Array.from(
        { length: question.earlier },
        (_, j) => ((counts?.chosen[j] ?? 0) + w) / ((counts?.asked ?? 0) + 2 * w),
      );
    }
    const counts = this.#options.get(name);
    const weights = question.allowed.map((index) => (counts?.[index] ?? 0) + w);
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  }

  /** Draws an answer from the density. */
  draw(name: string, question: Question, stream: RandomStream): Answer {
    const probabilities = this.of(name, question);
    const { decision } = question;
    if (question.kind === 'anchor') {
      const chosen = probabilities.flatMap((probability, j) => (stream.uniform() < probability ? [j] : []));
      return { kind: 'anchor', decision, chosen };
    }
    let left = stream.uniform();
    const at = probabilities.findIndex((probability) => {
      left -= probability;
      return left < 0;
    });
    // Rounding may leave a little after the last option, and then none is found: it is the last.
    return { kind: 'choice', decision, index: question.allowed.at(at) as number };
  }

  /** ln of the probability of an answer that the question allows. */
  logProbability(name: string, question: Question, answer: Answer): number {
    const probabilities = this.of(name, question);
    if (question.kind === 'anchor') {
      const chosen = new Set(answer.kind === 'anchor' ? answer.chosen : []);
      return probabilities.reduce((sum, p, j) => sum + Math.log(chosen.has(j) ? p : 1 - p), 0);
    }
    const at = question.allowed.indexOf(answer.kind === 'choice' ? answer.index : -1);
    return Math.log(probabilities[at] ?? 0);
  }
}

function entry<Value>(map: Map<string, Value>, name: string, make: () => Value): Value {
  const found = map.get(name);
  if (found !== undefined) return found;
  const made = make();
  map.set(name, made);
  return made;
}
