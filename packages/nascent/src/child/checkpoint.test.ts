import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveSafetensors, scope, type Tensor, tensor } from '@nascent/torch';
import { execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Checkpoint, CheckpointError, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nascent-checkpoint-'));
  path = join(directory, 'checkpoint.safetensors');
});
afterEach(() => rmSync(directory, { recursive: true }));

const identity = { seed: 7, recipe: { epochs: 3, learningRate: 0.1 }, data: 'abc' };

const epoch = (number: number) =>
  ({
    epoch: number,
    trainingLoss: 1 / number,
    score: { split: 'validation', metric: 'accuracy', value: 0.1 * number },
    elapsedMs: 10 * number,
  }) as const;

/** As after so many epochs; belongs to the current scope. */
const after = (epochs: number): Checkpoint => ({
  epoch: epochs,
  curve: Array.from({ length: epochs }, (_, i) => epoch(i + 1)),
  network: new Map([['layer.weight', tensor([epochs, Math.PI])]]),
  optimiser: new Map([
    ['velocity.0', tensor([0.1 * epochs, -0])],
    ['learning_rate', tensor([0.1], { shape: [], dtype: 'float64' })],
  ]),
});

const numbers = (tensors: ReadonlyMap<string, Tensor>) =>
  [...tensors].map(([name, value]) => [name, [...value.toArray()]]).sort();

const save = (epochs: number) => scope(() => saveCheckpoint(path, after(epochs), identity));

function codeOf(action: () => unknown): [string, string] {
  try {
    scope(() => void action());
  } catch (thrown) {
    if (thrown instanceof CheckpointError) return [thrown.code, thrown.message];
    throw thrown;
  }
  throw new Error('nothing was refused');
}

describe('a checkpoint', () => {
  it('comes back as it was, bit for bit', () => {
    save(2);
    scope(() => {
      const loaded = loadCheckpoint(path, identity);
      const expected = after(2);
      expect(loaded?.epoch).toBe(2);
      expect(loaded?.curve).toEqual(expected.curve);
      expect(numbers(loaded?.network ?? new Map())).toEqual(numbers(expected.network));
      expect(numbers(loaded?.optimiser ?? new Map())).toEqual(numbers(expected.optimiser));
    });
  });

  it('is null where there is none', () => {
    expect(loadCheckpoint(path, identity)).toBeNull();
  });

  it('a newer one takes the place of the older one and leaves nothing else behind', () => {
    save(1);
    save(2);
    expect(scope(() => loadCheckpoint(path, identity)?.epoch)).toBe(2);
    expect(readdirSync(directory)).toEqual(['checkpoint.safetensors']);
  });
});

describe('a checkpoint that is not usable is refused and stays as it is', () => {
  const refused = (use = identity) => {
    const before = readFileSync(path);
    const found = codeOf(() => loadCheckpoint(path, use));
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(found[1]).toContain(path);
    return found;
  };

  it.each([0, 5, 100, -1])('truncated (%i)', (length) => {
    save(2);
    writeFileSync(path, readFileSync(path).subarray(0, length));
    expect(refused()[0]).toBe('CHECKPOINT_BROKEN');
  });

  it('with a damaged header', () => {
    save(2);
    const bytes = readFileSync(path);
    bytes[9] = 0xff;
    writeFileSync(path, bytes);
    const [code, message] = refused();
    expect(code).toBe('CHECKPOINT_BROKEN');
    expect(message).toMatch(/delete it to train again from the first epoch/);
  });

  it('whose curve does not reach its epoch', () => {
    scope(() => saveCheckpoint(path, { ...after(2), epoch: 3 }, identity));
    expect(refused()[0]).toBe('CHECKPOINT_BROKEN');
  });

  it('written by another program', () => {
    scope(() => saveSafetensors(path, new Map([['w', tensor([1, 2])]]), { format: 'pt' }));
    expect(refused()).toEqual([
      'CHECKPOINT_FOREIGN',
      expect.stringMatching(/not a checkpoint of a training/),
    ]);
  });

  it('of a newer release', () => {
    scope(() =>
      saveSafetensors(path, new Map(), { 'nascent.checkpoint': JSON.stringify({ version: 9, new: true }) }),
    );
    expect(refused()).toEqual(['CHECKPOINT_FOREIGN', expect.stringMatching(/version 9.*reads version 1/)]);
  });

  it('of another training: says what differs', () => {
    save(2);
    const other = { ...identity, recipe: { epochs: 3, learningRate: 0.2 } };
    expect(refused(other)).toEqual([
      'CHECKPOINT_MISMATCH',
      expect.stringMatching(/its recipe is .*0\.1.*now it is .*0\.2/),
    ]);
    expect(refused({ ...identity, data: 'abd' })[1]).toMatch(/its data is "abc", now it is "abd"/);
  });
});

describe('a checkpoint that cannot be written', () => {
  it('on a full disk: the one before survives', { timeout: 60_000 }, () => {
    save(1);
    // A limit on the size of files is a disk that is full after so many bytes.
    const script = fileURLToPath(new URL('../../test/fixtures/write-checkpoint.ts', import.meta.url));
    const { stdout } = execaSync(
      'bash',
      ['-c', `ulimit -f 64; exec ${process.execPath} --import tsx ${script} ${path}`],
      { reject: false },
    );
    expect(stdout).toMatch(/^CHECKPOINT_NOT_WRITTEN the checkpoint after epoch 2 was not written.*EFBIG/);
    expect(scope(() => loadCheckpoint(path, identity)?.epoch)).toBe(1);
    expect(readdirSync(directory)).toEqual(['checkpoint.safetensors']);
  });

  it('where there is no such directory', () => {
    const lost = join(directory, 'none', 'checkpoint.safetensors');
    const [code, message] = codeOf(() => saveCheckpoint(lost, after(1), identity));
    expect(code).toBe('CHECKPOINT_NOT_WRITTEN');
    expect(message).toMatch(/run the same command again/);
  });
});
