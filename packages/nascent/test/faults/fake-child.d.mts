export const inline: boolean;
/** In [0.3, 0.9): a pure function of the architecture. */
export function fakeAccuracy(architecture: unknown): number;
export default function createEvaluator(options?: { readonly slower?: number }): unknown;
