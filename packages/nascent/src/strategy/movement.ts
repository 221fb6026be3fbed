/** What every report says about a policy that is still the one it started as. */
export const NOT_MOVED = 'the controller has not moved';

/**
 * Nats per sample up to which a policy counts as unmoved. By Pinsker's inequality a divergence of 0.02 bounds
 * the total variation by √(0.02/2) = 0.1: at most one sample in ten would have come out differently.
 */
export const UNMOVED_NATS = 0.02;

/**
 * Whether a report may not claim that the policy moved: its divergence does not exceed `UNMOVED_NATS` by
 * twice the standard error of its estimate.
 */
export function hasNotMoved(kl: number, standardError: number): boolean {
  return kl - 2 * standardError <= UNMOVED_NATS;
}
