import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scope } from '@nascent/torch';
import onnxProto from 'onnx-proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonWithTorch } from '../../../torch/test/pytorch/python.ts';
import { loadLanguageModel } from '../../src/child/language-model/index.ts';
import { languageModelFiles } from '../../src/export/model-files.ts';
import { cellSource } from '../../src/export/pytorch/language-model/cell-source.ts';
import type { RecurrentArchitecture } from '../../src/search-space/index.ts';
import { type FinishedLanguageModel, saveFinishedLanguageModel, words } from './finished-language-model.ts';
import { namedCells } from './named-cells.ts';

const cellOf = (name: string) => namedCells.get(name) as RecurrentArchitecture;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nascent-export-'));
  write({ architecture: cellOf('nascell'), layers: 2, tied: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const place = (name: string) => join(folder, name);

function write(finished: FinishedLanguageModel): void {
  const path = place('model.safetensors');
  saveFinishedLanguageModel(path, finished, 1);
  const files = scope(() =>
    languageModelFiles(loadLanguageModel(path), readFileSync(path), ['onnx', 'pytorch'], 'trial "7"'),
  );
  for (const { name, content } of files) writeFileSync(place(name), content);
}

describe('language-model.onnx and cell.onnx', () => {
  const read = (name: string) => onnxProto.onnx.ModelProto.decode(readFileSync(place(name)));

  it('say who wrote them, in which opset, of what', () => {
    for (const name of ['language-model.onnx', 'cell.onnx']) {
      const { producerName, opsetImport, metadataProps } = read(name);
      expect(producerName).toBe('nascent');
      expect(opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([['', 17]]);
      const metadata = new Map(metadataProps.map(({ key, value }) => [key, value]));
      expect(JSON.parse(metadata.get('architecture') ?? '')).toEqual(cellOf('nascell'));
    }
    const metadata = new Map(read('language-model.onnx').metadataProps.map(({ key, value }) => [key, value]));
    expect(JSON.parse(metadata.get('vocabulary') ?? '')).toEqual(words);
    expect(metadata.get('dataset_checksum')).toBe('ab'.repeat(32));
  });

  it('take and give steps and batches of any length', () => {
    const shapes = (name: string) => {
      const { graph } = read(name);
      return [...(graph?.input ?? []), ...(graph?.output ?? [])].map(({ name: of, type }) => {
        const dim = type?.tensorType?.shape?.dim ?? [];
        return [of, ...dim.map(({ dimParam, dimValue }) => dimParam || Number(dimValue))];
      });
    };
    const state = (name: string) => [name, 'batch', 5];
    expect(shapes('language-model.onnx')).toEqual([
      ['words', 'steps', 'batch'],
      ...['h1', 'c1', 'h2', 'c2'].map(state),
      ['logits', 'steps', 'batch', 11],
      ...['next_h1', 'next_c1', 'next_h2', 'next_c2'].map(state),
    ]);
    expect(shapes('cell.onnx')).toEqual(['x', 'h', 'c', 'next_h', 'next_c'].map(state));
  });

  it('name the nodes of a cell as its equations do, in the loop too', () => {
    const names = (read('cell.onnx').graph?.node ?? []).map(({ name }) => name);
    for (const name of ['n0/sigmoid', 'n3/elem_mult', 'n8/inject/add', 'n8/inject/tanh', 'n14/tanh'])
      expect(names).toContain(`cell/${name}`);
    const scan = read('language-model.onnx').graph?.node?.find(({ name }) => name === 'layer_2/scan');
    const body = scan?.attribute?.find(({ name }) => name === 'body')?.g?.node ?? [];
    expect(body.map(({ name }) => name)).toContain('layer_2/step/n8/inject/tanh');
  });

  it('write the shape of every value', () => {
    for (const name of ['language-model.onnx', 'cell.onnx']) {
      const { graph } = read(name);
      const described = [...(graph?.valueInfo ?? []), ...(graph?.output ?? [])].map((value) => value.name);
      expect(described.sort()).toEqual((graph?.node ?? []).flatMap(({ output }) => output ?? []).sort());
    }
  });
});

describe('model.py', () => {
  const source = () => readFileSync(place('model.py'), 'utf8');

  it('has one line for each node of the cell, and says where the memory enters and leaves', () => {
    expect(source()).toContain(`
        n7 = torch.sigmoid(wx[7] + uh[7])
        n8 = torch.tanh(n0 * n1)
        n8 = torch.tanh(n8 + c)  # §3.4, cell inject: c enters at node 8
        n9 = torch.tanh(n2 + n3)
        n10 = torch.tanh(n4 * n5)
        n11 = torch.sigmoid(n6 + n7)
        new_c = n8 * n9  # §3.4, cell index: the next c is node 12 before its activation
        n12 = new_c
        n13 = torch.tanh(n10 + n11)
        n14 = torch.tanh(n12 * n13)
        return n14, new_c
`);
  });

  it('has no line of more than 120 columns, of whatever cell', () => {
    for (const architecture of namedCells.values()) {
      for (const line of cellSource(architecture, 'trial 12').split('\n'))
        expect(line.length).toBeLessThanOrEqual(120);
    }
    for (const line of source().split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });
});

const python = pythonWithTorch();
const run = (...args: readonly string[]) =>
  spawnSync(python ?? '', args, { encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf-8' } });

describe.skipIf(python === null)('model.py as a program', () => {
  const model = (...args: readonly string[]) => run(place('model.py'), ...args);

  it('writes a text, the same for the same seed', () => {
    const text = model('--length', '30', '--seed', '3', '--prompt', 'the cat');
    expect(text.status, text.stderr).toBe(0);
    expect(text.stdout).toMatch(/^the cat /);
    expect(text.stdout).not.toContain('<unk>');
    expect(model('--length', '30', '--seed', '3', '--prompt', 'the cat').stdout).toBe(text.stdout);
    expect(model('--length', '30', '--seed', '4').stdout).not.toBe(text.stdout);
  }, 60_000);

  it('tells the perplexity of a text', () => {
    writeFileSync(place('text.txt'), '\ufeffthe cat sat\non a zebra\n');
    const inParts = model(place('text.txt'));
    expect(inParts.status, inParts.stderr).toBe(0);
    // A byte order mark is no word: 8 tokens, of which all but the first are told.
    expect(inParts.stdout).toMatch(/^perplexity \d+\.\d{4} of 7 words/);
    expect(model(place('text.txt'), '--whole').stdout).toBe(inParts.stdout);
  }, 60_000);

  it('tells a model file that is cut off, and one of another network', () => {
    const whole = readFileSync(place('model.safetensors'));
    try {
      for (const length of [0, 7, 300, whole.length - 1]) {
        writeFileSync(place('model.safetensors'), whole.subarray(0, length));
        expect(model().stderr).toMatch(/ValueError: .*model\.safetensors is not a whole safetensors file/);
      }
      saveFinishedLanguageModel(
        place('model.safetensors'),
        { architecture: cellOf('worked-example'), layers: 2, tied: true },
        1,
      );
      expect(model().stderr).toMatch(
        /Error\(s\) in loading state_dict.*size mismatch for layers\.1\.weight_input/s,
      );
    } finally {
      writeFileSync(place('model.safetensors'), whole);
    }
  }, 60_000);
});

describe.skipIf(python === null)('cell.py as a program', () => {
  it.each([
    ['nascell', '640,000'],
    ['gru', '241,200'],
  ])(
    '%s has %s parameters and runs',
    (name, parameters) => {
      writeFileSync(place('cell.py'), cellSource(cellOf(name), name));
      const { stdout, stderr, status } = run(place('cell.py'));
      expect(status, stderr).toBe(0);
      expect(stdout).toBe(
        `${parameters} parameters with 200 inputs and 200 units\n20 steps of a batch of 2: outputs [20, 2, 200]\n`,
      );
    },
    60_000,
  );
});
