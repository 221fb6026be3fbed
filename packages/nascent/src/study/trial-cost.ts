/**
 * Seconds that a trial is charged: what its table says that the training would have taken
 * (`facts.simulatedSeconds`), else what the evaluation took.
 */
export function chargedSeconds(
  facts: Readonly<Record<string, number>>,
  measuredSeconds: number,
): { readonly seconds: number; readonly clock: 'simulated' | 'measured' } {
  const simulated = facts['simulatedSeconds'];
  return simulated === undefined
    ? { seconds: measuredSeconds, clock: 'measured' }
    : { seconds: simulated, clock: 'simulated' };
}
