// A fake evaluator for tests of faults: its children train nothing. They wait 100 to 400 ms in two epochs, for as long as
// their trial's seed says, and their accuracy is a pure function of the architecture, so that a test knows it beforehand.

export const inline = true;

const epochs = 2;

/** In [0.3, 0.9). Which architecture is how good means nothing; that it is the same for everybody does. */
export function fakeAccuracy(architecture) {
  let hash = 2166136261;
  for (const character of JSON.stringify(architecture)) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 16777619) >>> 0;
  }
  return 0.3 + (0.6 * hash) / 2 ** 32;
}

/** @param options.slower its children wait so many times as long; 1 by default */
export default function createEvaluator({ slower = 1 } = {}) {
  return {
    score: { split: 'validation', metric: 'accuracy' },
    inline,
    async evaluate(architecture, { seed, report, signal }) {
      const epochMs = (slower * (100 + (seed % 301))) / epochs;
      const curve = [];
      for (let epoch = 1; epoch <= epochs; epoch += 1) {
        await new Promise((resolve) => setTimeout(resolve, epochMs));
        if (signal.aborted) throw signal.reason;
        const value = (fakeAccuracy(architecture) * epoch) / epochs;
        const point = {
          epoch,
          trainingLoss: 1 / epoch,
          score: { split: 'validation', metric: 'accuracy', value },
          elapsedMs: epoch * epochMs,
        };
        curve.push(point);
        report(point);
      }
      return { outcome: { kind: 'completed' }, curve, parameters: 1, facts: {} };
    },
    dispose() {},
  };
}
