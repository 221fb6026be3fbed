import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveTensors, loadSafetensors, saveSafetensors, scope, type Tensor, tensor } from '@nascent/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageOf } from '../errors.ts';
import { type ConvolutionalArchitecture, planNetwork } from '../search-space/index.ts';
import { ModelFileError } from './checked-model-file.ts';
import { loadModel, type ModelFacts, networkOfModel, saveModel } from './model-file.ts';
import { ConvolutionalNetwork } from './network/convolutional-network.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nascent-model-'));
  path = join(directory, 'model.safetensors');
});
afterEach(() => rmSync(directory, { recursive: true }));

const architectureOf = (filterCount: number): ConvolutionalArchitecture => ({
  kind: 'convolutional',
  version: 2,
  layers: [
    {
      kind: 'convolution',
      filterHeight: 3,
      filterWidth: 3,
      strideHeight: 1,
      strideWidth: 1,
      filterCount,
      batchNorm: true,
      inputs: [0],
    },
  ],
  outputs: [1],
});

const facts: ModelFacts = {
  architecture: { ...architectureOf(4), learningRate: 0.1 },
  image: { height: 8, width: 6, channels: 3, classes: 2 },
  classNames: ['cat', 'dög'],
  preprocessing: { kind: 'per-channel', mean: [0.1, 0.2, 1 / 3], deviation: [0.3, 0.4, 0.5] },
  batchNormEpsilon: 1e-3,
  dataset: 'pets',
  datasetChecksum: 'abc',
  tokens: null,
};

function save(known: ModelFacts = facts, weightsOf = known.architecture): void {
  const network = new ConvolutionalNetwork(planNetwork(weightsOf, known.image), { seed: 3 });
  saveModel(path, network.stateDict(), known);
  network.dispose();
}

function refused(): ModelFileError {
  const before = liveTensors();
  try {
    loadModel(path);
  } catch (thrown) {
    expect(liveTensors()).toBe(before);
    if (thrown instanceof ModelFileError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

/** Writes the file anew with other metadata and the same tensors. */
function withMetadata(change: (text: string) => Record<string, string>): void {
  scope(() => {
    const { tensors, metadata } = loadSafetensors(path);
    saveSafetensors(path, tensors, change(metadata['nascent.model'] ?? ''));
  });
}

describe('a finished model', () => {
  it('comes back with its facts and its weights, bit for bit', () => {
    save();
    scope(() => {
      const network = new ConvolutionalNetwork(planNetwork(facts.architecture, facts.image), { seed: 3 });
      const model = loadModel(path);
      expect(model.facts).toEqual(facts);
      const values = (state: ReadonlyMap<string, Tensor>) =>
        [...state].map(([name, value]) => [name, value.toFloat32()] as const).sort();
      expect(values(model.state)).toEqual(values(network.stateDict()));
      network.dispose();
    });
  });

  it('gives a network in evaluation mode that owns its weights', () => {
    save();
    const network = scope(() => networkOfModel(loadModel(path)));
    expect(network.training).toBe(false);
    expect(network.plan.image).toEqual(facts.image);
    expect(
      network
        .parameters()[0]
        ?.toFloat32()
        .some((weight) => weight !== 0),
    ).toBe(true);
    network.dispose();
  });

  it('that cannot be written says so', () => {
    path = join(directory, 'missing', 'model.safetensors');
    expect(() => save()).toThrow(expect.objectContaining({ code: 'MODEL_NOT_WRITTEN' }));
  });
});

describe('a file that is no usable model is refused', () => {
  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5)],
    ['cut within its header', (bytes: Buffer) => bytes.subarray(0, 100)],
    ['empty', () => Buffer.alloc(0)],
    ['not of this format', () => Buffer.from('<!doctype html><title>Not found</title>')],
  ])('%s', (_, damage) => {
    save();
    writeFileSync(path, damage(readFileSync(path)));
    const { code, message } = refused();
    expect(code).toBe('MODEL_BROKEN');
    expect(message).toContain(path);
    expect(message).toContain('restore it from a copy');
  });

  it('wherever a bit of it is flipped', () => {
    save();
    const whole = readFileSync(path);
    const header = Number(whole.readBigUInt64LE(0));
    // Bytes over all of the file: length, names and offsets, facts, weights.
    for (let at = 0; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(path, bytes);
      if (isBlank(whole, at, header)) continue;
      expect(['MODEL_BROKEN', 'MODEL_FOREIGN', 'MODEL_MISMATCH'], `byte ${at}`).toContain(refused().code);
    }
  });

  it('of another program', () => {
    scope(() => saveSafetensors(path, new Map([['weight', tensor([1, 2])]]), { format: 'pt' }));
    const { code, message } = refused();
    expect(code).toBe('MODEL_FOREIGN');
    expect(message).toMatch(/not a finished model of Nascent.* expected the model\.safetensors/is);
  });

  it('of a later release', () => {
    save();
    withMetadata((text) => ({ 'nascent.model': text.replace('"version":1', '"version":2') }));
    expect(refused()).toMatchObject({
      code: 'MODEL_FOREIGN',
      message: expect.stringMatching(/version 2; this release reads version 1/),
    });
  });

  it('with facts that are not facts, naming them', () => {
    save({ ...facts, classNames: ['cat'] });
    expect(refused()).toMatchObject({
      code: 'MODEL_BROKEN',
      message: expect.stringMatching(/not one name for each class/),
    });
  });

  it('with the weights of another architecture, naming the tensors', () => {
    save(facts, architectureOf(5));
    const error = refused();
    expect(error.code).toBe('MODEL_MISMATCH');
    expect(messageOf(error)).toMatch(
      /layers\.1\.convolution\.weight is \[5, 3, 3, 3\], expected \[4, 3, 3, 3\]/,
    );
  });

  it('that is not there, or is a directory', () => {
    expect(refused().code).toBe('MODEL_NOT_READ');
    mkdirSync(path);
    expect(refused().code).toBe('MODEL_NOT_READ');
  });
});

/** Whether the byte is padding after the header's JSON, which nothing reads. */
function isBlank(bytes: Buffer, at: number, header: number): boolean {
  return (
    at >= 8 &&
    at < 8 + header &&
    bytes[at] === 0x20 &&
    bytes.subarray(at, 8 + header).every((b) => b === 0x20)
  );
}
