import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scope } from '@nascent/torch';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pythonWithTorch } from '../../../torch/test/pytorch/python.ts';
import {
  IN_ONE,
  IN_PARTS,
  loadLanguageModel,
  modelOf,
  perplexityOf,
  type Reading,
} from '../../src/child/language-model/index.ts';
import { decode, encode, tokenise, type Vocabulary } from '../../src/dataset/index.ts';
import { pennTreebankTokens } from '../../src/dataset/text/penn-treebank.ts';
import { languageModelFiles } from '../../src/export/model-files.ts';
import { cellSource } from '../../src/export/pytorch/language-model/cell-source.ts';
import type { RecurrentArchitecture } from '../../src/search-space/index.ts';
import { sampledCells } from '../sampled-cells.ts';
import {
  characters,
  type FinishedLanguageModel,
  factsOfLanguageModel,
  furthest,
  ourNumbers,
  readingOf,
  saveFinishedLanguageModel,
  words,
} from './finished-language-model.ts';
import { namedCells } from './named-cells.ts';

const python = pythonWithTorch();

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'nascent-export-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function runScript(script: string, ...words: readonly string[]): unknown {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const run = spawnSync(python ?? '', [path, ...words], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}

describe.skipIf(python === null)('cell.py equals the published formula, in float64, over 20 steps', () => {
  const small = z.object({ outputs: z.number(), gradients: z.number() });
  const reportSchema = z.object({ largest: z.number(), gradient: z.number(), layer: small, cell: small });
  let report: Readonly<Record<string, z.infer<typeof reportSchema>>> = {};
  beforeAll(() => {
    const folder = join(root, 'published');
    for (const name of ['nascell', 'worked-example']) {
      mkdirSync(join(folder, name), { recursive: true });
      const cell = namedCells.get(name) as RecurrentArchitecture;
      writeFileSync(join(folder, name, 'cell.py'), cellSource(cell, name));
    }
    report = z.record(z.string(), reportSchema).parse(runScript('published_cells.py', folder));
  }, 120_000);

  it.each(['nascell', 'worked-example'])('%s: step by step and as a layer, with its gradients', (name) => {
    const { largest, gradient, layer, cell } = reportSchema.parse(report[name]);
    expect(largest).toBeGreaterThan(0.1);
    expect(gradient).toBeGreaterThan(0.1);
    for (const { outputs, gradients } of [layer, cell]) {
      expect(outputs).toBeLessThan(1e-6);
      expect(gradients).toBeLessThan(1e-6);
    }
  });
});

/** Words that the model knows and some that it does not, white space of many kinds, and three parts long. */
function wordText(): string {
  const start =
    ' the cat  sat\u00a0on\ta "mat"\n\n \nN naïve zebra\u0085 back\\slash\r\n a\u3000cat \u001c\n';
  const rest = Array.from({ length: 2600 }, (_, i) => {
    const word = words.words[(i * i + 5 * i + (i >> 4)) % words.words.length] ?? '';
    return word === '<eos>' ? '\n' : word;
  });
  return start + rest.join(' ');
}

function characterText(): string {
  const known = characters.words;
  return ` ab \n  cd\n${Array.from({ length: 1500 }, (_, i) => known[(i * i + (i >> 3)) % known.length]).join('')} \n`;
}

interface Case extends FinishedLanguageModel {
  readonly name: string;
  readonly text: string;
}

const sampled = { seed: 11, numRuns: 12 };
const cases: readonly Case[] = [
  ...[...namedCells].map(([name, architecture], i): Case => {
    const finished = { name, architecture, layers: 1 + (i % 2), tied: i % 3 === 0 };
    return i % 4 === 3
      ? { ...finished, vocabulary: characters, text: characterText() }
      : { ...finished, text: wordText() };
  }),
  {
    name: 'characters of Penn Treebank, without the spaces around lines',
    architecture: namedCells.get('gru') as RecurrentArchitecture,
    layers: 1,
    tied: true,
    vocabulary: characters,
    dataset: 'penn-treebank',
    text: characterText(),
  },
  ...fc.sample(sampledCells(16), sampled).map(({ cell }, i): Case => {
    return {
      name: `random cell ${i} (seed ${sampled.seed}), of base ${cell.base}`,
      architecture: cell,
      layers: 1 + (i % 2),
      tied: i % 3 === 0,
      text: 'the cat\nsat on',
    };
  }),
];

describe.skipIf(python === null)('model.py in PyTorch', () => {
  const numbers = z.array(z.number());
  const ranSchema = z.object({
    computed: z.record(z.string(), numbers),
    indices: numbers,
    decoded: z.string(),
    inParts: z.number(),
    inOne: z.number(),
  });
  let ran: readonly z.infer<typeof ranSchema>[] = [];
  const folderOf = (i: number) => join(root, 'models', String(i));
  const modelAt = (i: number) => join(folderOf(i), 'model.safetensors');

  beforeAll(() => {
    for (const [i, finished] of cases.entries()) {
      mkdirSync(folderOf(i), { recursive: true });
      saveFinishedLanguageModel(modelAt(i), finished, i);
      const bytes = readFileSync(modelAt(i));
      const files = scope(() =>
        languageModelFiles(loadLanguageModel(modelAt(i)), bytes, ['pytorch'], finished.name),
      );
      for (const { name, content } of files) writeFileSync(join(folderOf(i), name), content);
      const { states, ...reading } = readingOf(factsOfLanguageModel(finished));
      const asLists = Object.fromEntries(Object.entries(states).map(([name, of]) => [name, [...of]]));
      const written = { ...reading, words: [...reading.words], states: asLists, text: finished.text };
      writeFileSync(join(folderOf(i), 'reading.json'), JSON.stringify(written));
    }
    const results = z
      .record(z.string(), ranSchema)
      .parse(runScript('run_language_models.py', join(root, 'models')));
    ran = cases.map((_, i) => ranSchema.parse(results[i]));
  }, 240_000);

  describe('computes what our model computes', () => {
    it.each(cases.map(({ name }, i) => [name, i] as const))('%s', (_, i) => {
      const ours = ourNumbers(modelAt(i), readingOf(factsOfLanguageModel(cases[i] as Case)));
      expect(furthest(ran[i]?.computed ?? {}, ours)).toBeLessThan(1e-5);
    });
  });

  const texts = cases.flatMap(({ name, text }, i) =>
    name.startsWith('random') ? [] : [[name, i, text] as const],
  );

  /** As a data set reads the text. */
  const indicesOf = (
    i: number,
    text: string,
  ): { readonly vocabulary: Vocabulary; readonly indices: Int32Array } => {
    const { vocabulary = words, dataset } = cases[i] as Case;
    const tokens =
      dataset === 'penn-treebank'
        ? pennTreebankTokens(text, vocabulary.level)
        : tokenise(text, vocabulary.level);
    return { vocabulary, indices: encode(vocabulary, tokens) };
  };

  describe('reads and writes text as we do', () => {
    it.each(texts)('%s', (_, i, text) => {
      const { vocabulary, indices } = indicesOf(i, text);
      expect(ran[i]?.indices).toEqual([...indices]);
      expect(ran[i]?.decoded).toBe(decode(vocabulary, indices));
    });
  });

  describe('tells the perplexity that we tell, in parts and as a whole', () => {
    const ours = async (i: number, text: string, reading: Reading) => {
      const model = scope(() => modelOf(loadLanguageModel(modelAt(i))));
      try {
        return await perplexityOf(model, indicesOf(i, text).indices, 'float32', async () => {}, reading);
      } finally {
        model.dispose();
      }
    };

    it.each(texts)('%s', async (_, i, text) => {
      const [inParts, inOne] = [await ours(i, text, IN_PARTS), await ours(i, text, IN_ONE)];
      expect((ran[i]?.inParts ?? 0) / inParts).toBeCloseTo(1, 5);
      expect((ran[i]?.inOne ?? 0) / inOne).toBeCloseTo(1, 5);
    });
  });
});
