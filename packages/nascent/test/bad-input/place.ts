import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type BinaryRun, runBinary } from '../fixtures/binary.ts';
import { fixtures } from '../fixtures/paths.ts';

/** A search without an engine: random architectures, scored by a module of the user's own. */
export const soundConfig = {
  space: { use: 'convolutional', arguments: { layers: 2 } },
  evaluator: { use: './evaluator.mjs' },
  strategy: { use: 'random' },
  trials: 3,
  seed: 1,
};

const evaluator = `
const score = { split: 'validation', metric: 'accuracy' };
export default function createEvaluator() {
  return {
    score,
    inline: false,
    async evaluate(architecture, { report }) {
      const value = architecture.layers[0].filterCount / 100;
      const epoch = { epoch: 1, trainingLoss: 1, score: { ...score, value }, elapsedMs: 1 };
      report(epoch);
      return { outcome: { kind: 'completed' }, curve: [epoch], parameters: 1, facts: {} };
    },
    dispose() {},
  };
}`;

/** A directory in which a user works, and the command that they type there. */
export class Place {
  readonly path = mkdtempSync(join(tmpdir(), 'nascent-bad-input-'));

  constructor() {
    this.write('evaluator.mjs', evaluator);
    this.json('config.json', soundConfig);
  }

  at(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.at(name), content);
    return name;
  }

  json(name: string, value: unknown): string {
    return this.write(name, JSON.stringify(value, null, 2));
  }

  nascent(words: string, env: Readonly<Record<string, string>> = {}): Promise<BinaryRun> {
    return runBinary(words.split(' '), { cwd: this.path, env });
  }

  /** A config for children trained on the CIFAR-10 files in `data` here, an engine needed. */
  trainingConfig(name: string, data: string): string {
    const options = {
      dataset: { name: 'cifar10', path: data, validationExamples: 0.2 },
      epochs: 1,
      batchSize: 20,
    };
    return this.json(name, { ...soundConfig, evaluator: { use: 'image-classifier', options }, trials: 1 });
  }

  /** CIFAR-10 files, uncompressed, one of them changed. */
  cifar10(name: string, file: string, change: (bytes: Uint8Array) => Uint8Array): string {
    const from = join(fixtures.cifar10, 'cifar-10-batches-bin');
    mkdirSync(this.at(name), { recursive: true });
    for (const entry of readdirSync(from).filter((entry) => entry.endsWith('.gz'))) {
      const plain = entry.replace('.gz', '');
      const bytes = new Uint8Array(gunzipSync(readFileSync(join(from, entry))));
      writeFileSync(this.at(name, plain), plain === file ? change(bytes) : bytes);
    }
    return name;
  }

  /** Every file below this directory with the hash of its content. */
  contents(): Readonly<Record<string, string>> {
    const names = readdirSync(this.path, { recursive: true, encoding: 'utf8' }).sort();
    return Object.fromEntries(
      names
        .filter((name) => statSync(this.at(name)).isFile())
        .map((name) => [
          name,
          createHash('sha256')
            .update(readFileSync(this.at(name)))
            .digest('hex'),
        ]),
    );
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
