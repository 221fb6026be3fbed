/**
 * A fake evaluator for tests of workers: the architecture says how long each epoch takes. Needs no process of its own.
 * What it begins it writes to the file of its options, a line `NUMBER pid` each.
 */
import { appendFileSync } from 'node:fs';

export const inline = true;

export interface TimedArchitecture {
  readonly number: number;
  readonly epochs: number;
  readonly epochMs: number;
}

export default function createEvaluator({ journal }: { readonly journal?: string } = {}) {
  return {
    score: { split: 'validation', metric: 'accuracy' },
    datasetChecksum: process.env['NASCENT_TEST_CHECKSUM'] ?? 'd'.repeat(64),
    inline,
    dispose() {},
    async evaluate(
      { number, epochs, epochMs }: TimedArchitecture,
      { report, signal }: { report(epoch: unknown): void; readonly signal: AbortSignal },
    ): Promise<unknown> {
      if (journal !== undefined) appendFileSync(journal, `${number} ${process.pid}\n`);
      const curve: unknown[] = [];
      for (let epoch = 1; epoch <= epochs; epoch += 1) {
        await new Promise((resolve) => setTimeout(resolve, epochMs));
        if (signal.aborted) throw signal.reason;
        const score = { split: 'validation', metric: 'accuracy', value: 0.5 };
        const point = { epoch, trainingLoss: 1 / epoch, score, elapsedMs: epochMs };
        curve.push(point);
        report(point);
      }
      return { outcome: { kind: 'completed' }, curve, parameters: 1, facts: {} };
    },
  };
}
