import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scope } from '@nascent/torch';
import onnxProto from 'onnx-proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonWithTorch } from '../../../torch/test/pytorch/python.ts';
import { loadModel, type Model } from '../../src/child/model-file.ts';
import { loadTestImages } from '../../src/dataset/index.ts';
import { modelFiles } from '../../src/export/model-files.ts';
import { OnnxShapeError, onnxModel } from '../../src/export/onnx/convolutional/model.ts';
import { type ConvolutionalArchitecture, planNetwork } from '../../src/search-space/index.ts';
import { fixtures } from '../fixtures/paths.ts';
import { perChannel, saveFinished } from './finished-model.ts';

const images = await loadTestImages('cifar10', { path: fixtures.cifar10 });
const architecture: ConvolutionalArchitecture = {
  kind: 'convolutional',
  version: 2,
  layers: [
    {
      kind: 'convolution',
      filterHeight: 3,
      filterWidth: 5,
      strideHeight: 2,
      strideWidth: 1,
      filterCount: 7,
      batchNorm: true,
      inputs: [0],
    },
    { kind: 'contrast-normalisation', windowHeight: 3, windowWidth: 3, inputs: [0, 1] },
  ],
  outputs: [2],
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nascent-export-'));
  const path = join(folder, 'model.safetensors');
  saveFinished(path, { architecture, images, preprocessing: perChannel(3) }, 1);
  withModel((model) => {
    for (const { name, content } of modelFiles(model, readFileSync(path), ['onnx', 'pytorch'], 'trial "7"')) {
      writeFileSync(join(folder, name), content);
    }
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

function withModel(use: (model: Model) => void): void {
  scope(() => use(loadModel(join(folder, 'model.safetensors'))));
}

describe('model.onnx', () => {
  const read = () => onnxProto.onnx.ModelProto.decode(readFileSync(join(folder, 'model.onnx')));

  it('says who wrote it, in which opset, and what its classes are', () => {
    const { producerName, opsetImport, metadataProps } = read();
    expect(producerName).toBe('nascent');
    expect(opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([['', 17]]);
    const metadata = new Map(metadataProps.map(({ key, value }) => [key, value]));
    expect(JSON.parse(metadata.get('class_names') ?? '')).toEqual(images.classes);
    expect(JSON.parse(metadata.get('architecture') ?? '')).toEqual(architecture);
    expect(metadata.get('dataset_checksum')).toBe(images.checksum);
  });

  it('takes and gives batches of any length', () => {
    const { graph } = read();
    const shapes = [...(graph?.input ?? []), ...(graph?.output ?? [])].map(({ name, type }) => [
      name,
      ...(type?.tensorType?.shape?.dim ?? []).map(({ dimParam, dimValue }) => dimParam || Number(dimValue)),
    ]);
    expect(shapes).toEqual([
      ['images', 'batch', 3, 32, 32],
      ['logits', 'batch', 10],
    ]);
  });

  it('writes the shape of every value', () => {
    const { graph } = read();
    const described = [...(graph?.valueInfo ?? []), ...(graph?.output ?? [])].map(({ name }) => name);
    expect(described.sort()).toEqual((graph?.node ?? []).flatMap(({ output }) => output ?? []).sort());
  });

  it('is not written where a weight does not fit the plan', () => {
    withModel(({ facts, state }) => {
      const weight = state.get('layers.1.convolution.weight');
      if (weight === undefined) throw new Error('the network has a convolution');
      const fewer = weight.slice(0, 0, 6);
      const broken = new Map([...state, ['layers.1.convolution.weight', fewer]]);
      expect(() => onnxModel({ facts, state: broken })).toThrow(OnnxShapeError);
      expect(() => onnxModel({ facts, state: broken })).toThrow(/layer 1 .*\[6, 16, 32\].*\[7, 16, 32\]/);
    });
  });
});

describe('model.py', () => {
  const python = pythonWithTorch();

  it('names layers, filters and what each reads', () => {
    const source = readFileSync(join(folder, 'model.py'), 'utf8');
    expect(source).toContain('# FH: 3, FW: 5, N: 7, SH: 2, SW: 1; 3x32x32 -> 7x16x32\n');
    expect(source).toContain('layer2 = self.layers["2"](concat(image, layer1))\n');
    for (const line of source.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  it.skipIf(python === null)(
    'prints the size of every layer when it is run',
    () => {
      const run = spawnSync(python ?? '', [join(folder, 'model.py')], { encoding: 'utf8' });
      expect(run.status, run.stderr).toBe(0);
      const { parameters } = planNetwork(architecture, { channels: 3, height: 32, width: 32, classes: 10 });
      const lines = run.stdout.trim().split('\n');
      expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
        ['layer 1', '3x32x32 -> 7x16x32'],
        ['layer 2', '10x32x32 -> 10x32x32'],
        ['classifier', '10 -> 10'],
        [`${parameters} parameters`],
      ]);
    },
    60_000,
  );
});
