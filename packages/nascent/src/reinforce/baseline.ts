/**
 * The baseline b of REINFORCE and the advantages R_k − b (Zoph & Le 2017, §3.2).
 *
 * The paper's b is an exponential moving average of the rewards of *previous* architectures, so that b never
 * contains R_k itself. Inside a minibatch all samples count as drawn at once: each is compared with the
 * baseline from before the minibatch. The paper gives no decay and no first value; ours are in
 * docs/decisions/0010-baseline.md.
 */

/** `moving-average`: the paper's. `leave-one-out`: the mean of the other rewards of the same minibatch. */
export type BaselineKind = 'moving-average' | 'leave-one-out';

/** Null until a first reward has been seen. */
export type Baseline = number | null;

/** The mean of the other rewards, for each reward; zero where there is no other. */
export function leaveOneOutMeans(rewards: readonly number[]): number[] {
  if (rewards.length === 1) return [0];
  return rewards.map((_, own) => {
    // Summed without the own reward, not subtracted from the total: no rounding error lets it back in.
    let sum = 0;
    for (const [other, reward] of rewards.entries()) if (other !== own) sum += reward;
    return sum / (rewards.length - 1);
  });
}

/**
 * The baseline after further rewards, oldest first: b ← decay·b + (1 − decay)·R for each.
 * An empty baseline starts at the mean of the rewards, not at zero: a zero start would make every early
 * sample look good.
 * @param decay in [0, 1)
 */
export function updatedBaseline(baseline: Baseline, rewards: readonly number[], decay: number): Baseline {
  if (rewards.length === 0) return baseline;
  if (baseline === null) return rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  return rewards.reduce((average, reward) => decay * average + (1 - decay) * reward, baseline);
}

/**
 * R_k − b for each sample of a minibatch. No sample's b depends on that sample's own reward.
 * Before any baseline exists, `moving-average` takes the leave-one-out means too.
 * @param baseline from before this minibatch
 */
export function advantagesOf(rewards: readonly number[], baseline: Baseline, kind: BaselineKind): number[] {
  const others = kind === 'leave-one-out' || baseline === null ? leaveOneOutMeans(rewards) : null;
  return rewards.map((reward, k) => reward - (others?.[k] ?? baseline ?? 0));
}

/**
 * Advantages divided by their root mean square, so that the size of a step does not depend on the scale of
 * the reward or on how far the search has come. A scale, not a baseline: signs and ratios stay. All-zero
 * advantages stay zero.
 */
export function normalised(advantages: readonly number[]): number[] {
  const meanSquare = advantages.reduce((sum, a) => sum + a * a, 0) / Math.max(1, advantages.length);
  return meanSquare === 0 ? [...advantages] : advantages.map((a) => a / Math.sqrt(meanSquare));
}
