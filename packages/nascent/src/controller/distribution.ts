/**
 * The distributions a controller draws from, in float64 on the host: a softmax over the allowed options and
 * independent Bernoulli draws for anchors. Logits are already divided by the temperature.
 */

/** An answer drawn or taken, with its natural log-probability. */
export interface Drawn<T> {
  readonly value: T;
  readonly logProb: number;
}

/** Softmax over the allowed options (indices into `logits` relative to `first`), in their order. */
export function allowedProbabilities(
  logits: ArrayLike<number>,
  first: number,
  allowed: readonly number[],
): number[] {
  const picked = allowed.map((option) => logits[first + option] ?? Number.NaN);
  const largest = Math.max(...picked);
  const weights = picked.map((logit) => Math.exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Draws one of the allowed options by inverting the cumulative distribution at `uniform` ∈ [0, 1). */
export function drawOption(
  allowed: readonly number[],
  probabilities: readonly number[],
  uniform: number,
): Drawn<number> {
  let cumulative = 0;
  let drawn = -1;
  for (const [position, probability] of probabilities.entries()) {
    if (!(probability > 0)) continue; // also skips NaN, so that broken weights are noticed below
    drawn = position; // the last possible option also takes what rounding left above the sum
    cumulative += probability;
    if (uniform < cumulative) break;
  }
  return optionAt(allowed, probabilities, drawn);
}

/** The most probable allowed option; the first of equals. */
export function likeliestOption(allowed: readonly number[], probabilities: readonly number[]): Drawn<number> {
  return optionAt(allowed, probabilities, probabilities.indexOf(Math.max(...probabilities)));
}

function optionAt(
  allowed: readonly number[],
  probabilities: readonly number[],
  position: number,
): Drawn<number> {
  const value = allowed[position];
  const probability = probabilities[position];
  if (value === undefined || probability === undefined) {
    throw new RangeError(`no option can be drawn from probabilities [${probabilities.join(', ')}]`);
  }
  return { value, logProb: Math.log(probability) };
}

/** log sigmoid(x) without overflow. */
export function logSigmoid(x: number): number {
  return x >= 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x));
}

/**
 * Chooses earlier anchors, each independently: `logits[j]` is the log-odds that anchor j is chosen (§3.3).
 * @param choose decides for one anchor, given its probability
 */
export function drawAnchors(
  logits: readonly number[],
  choose: (probability: number) => boolean,
): Drawn<readonly number[]> {
  const chosen: number[] = [];
  let logProb = 0;
  for (const [earlier, logit] of logits.entries()) {
    if (Number.isNaN(logit)) throw new RangeError(`the log-odds of anchor ${earlier} are not a number`);
    const taken = choose(Math.exp(logSigmoid(logit)));
    if (taken) chosen.push(earlier);
    logProb += logSigmoid(taken ? logit : -logit);
  }
  return { value: chosen, logProb };
}
