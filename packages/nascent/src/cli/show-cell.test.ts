import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTorchLoaded } from '@nascent/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../test/fixtures/cli.ts';
import { search } from '../experiment/search.ts';
import { randomStream } from '../random.ts';
import { encodeSample, recurrentCell, sampleUniformly } from '../search-space/index.ts';
import { registerShowCommand } from './show.ts';
import { registerTrialsCommand } from './trials.ts';

let place = '';
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'nascent-show-cell-'));
  // Perplexities as a cell might have them: the first epoch is far above the others.
  writeFileSync(
    join(place, 'perplexities.mjs'),
    `export const inline = true;
    export default async () => ({
      inline: true, score: { split: 'validation', metric: 'perplexity' }, dispose() {},
      async evaluate() {
        const curve = [4321.7, 812.44, 222.2, 123.42].map((value, i) => ({
          epoch: i + 1, trainingLoss: 5, score: { split: 'validation', metric: 'perplexity', value }, elapsedMs: 1,
        }));
        return { outcome: { kind: 'completed' }, curve, parameters: 1234567, facts: {} };
      },
    });`,
  );
  for (const [space, name] of [
    [{ use: 'recurrent-cell', options: { base: 4 } }, 'cells.db'],
    [{ use: 'native-cell' }, 'native.db'],
  ] as const) {
    await search(
      {
        space,
        evaluator: { use: './perplexities.mjs' },
        strategy: { use: 'random' },
        reward: { kind: 'inverse-square-perplexity' },
        trials: 2,
        seed: 1,
      },
      { study: join(place, name), configDirectory: place },
    );
  }
});
afterAll(() => rmSync(place, { recursive: true }));

const show = (...words: string[]) => runCommand(registerShowCommand, ['show', ...words], { cwd: place });

describe('nascent show of a known cell', () => {
  it('draws its tree and gives its formulas', async () => {
    const { code, out } = await show('nascell');
    expect(code).toBe(0);
    expect(out).toMatch(/^recurrent-cell@1\/\w{8}\/-\//);
    expect(out).toContain('c ▶  8  elem_mult tanh');
    expect(out).toContain('n8 = tanh(tanh(n0 · n1) + c)');
    expect(isTorchLoaded()).toBe(false);
  });

  it.each(['lstm-like', 'worked-example'])('draws %s', async (name) => {
    expect((await show(name)).out).toContain('──▶ h′');
  });

  it('gives the formulas of the layers of the engine', async () => {
    expect((await show('lstm')).out).toContain('c′ = f · c + i · g');
    expect((await show('gru')).out).toContain('h′ = (1 − z) · n + z · h');
  });

  it('--svg writes a figure', async () => {
    const { out } = await show('nascell', '--svg', 'nascell.svg');
    const svg = readFileSync(join(place, 'nascell.svg'), 'utf8');
    expect(svg).toContain('<title>A cell of the space recurrent-cell</title>');
    expect(out).toMatch(/figure nascell\.svg$/);
  });

  it('--svg of a layer of the engine is an error that says what has a figure', async () => {
    const { code, failure } = await show('gru', '--svg', 'gru.svg');
    expect(code).toBe(1);
    expect(failure).toMatchObject({ code: 'NO_DRAWING' });
    expect(String(failure)).toMatch(
      /The GRU layer .* only cells of the space recurrent-cell .* Leave --svg out/,
    );
    expect(existsSync(join(place, 'gru.svg'))).toBe(false);
  });

  it('--json has its architecture, and no network', async () => {
    expect(JSON.parse((await show('worked-example', '--json')).out)).toMatchObject({
      architecture: { kind: 'recurrent-cell', base: 2, cellIndex: 1, injectIndex: 0 },
      network: null,
    });
  });

  it('draws any other cell by its token string', async () => {
    const space = recurrentCell({ base: 16 });
    const tokens = encodeSample(sampleUniformly(space, {}, randomStream(1)), space);
    expect((await show(tokens)).out).toContain('base 16: 31 nodes');
  });
});

describe('nascent show of a trial that is a cell', () => {
  it('draws it, with its perplexity, its parameters from the record, and its curve', async () => {
    const { out } = await show('1', '--study', 'cells.db');
    expect(out).toContain('validation perplexity 123.4\n');
    expect(out).toContain('\n1,234,567 parameters\n');
    expect(out).toContain('base 4: 7 nodes');
    expect(out).toContain('validation perplexity over 4 epochs, on a logarithmic scale');
    expect(out).toMatch(/ {5}4322 [┤┼]/);
    expect(out).toMatch(/ {4}123\.4 [┤┼]/);
  });

  it('--svg says how good it is and how large', async () => {
    await show('1', '--study', 'cells.db', '--svg', 'trial.svg');
    const svg = readFileSync(join(place, 'trial.svg'), 'utf8');
    expect(svg).toContain('<title>Trial 1</title>');
    expect(svg).toContain('validation perplexity 123.4 · 1,234,567 parameters');
  });

  it('--json has its perplexity beside an accuracy of null', async () => {
    const shown: unknown = JSON.parse((await show('best', '--study', 'cells.db', '--json')).out);
    expect(shown).toMatchObject({
      validationAccuracy: null,
      validationPerplexity: 123.42,
      parameters: 1_234_567,
      architecture: { kind: 'recurrent-cell', base: 4 },
      network: null,
    });
  });

  it('of the space native-cell gives its formulas', async () => {
    expect((await show('1', '--study', 'native.db')).out).toMatch(/h′ = .* · /);
    expect((await show('1', '--study', 'native.db', '--svg', 'x.svg')).failure).toMatchObject({
      code: 'NO_DRAWING',
    });
  });
});

describe('nascent trials of cells', () => {
  const trials = (...words: string[]) =>
    runCommand(registerTrialsCommand, ['trials', '--study', 'cells.db', ...words], { cwd: place });

  it('lists perplexities as they are', async () => {
    expect((await trials()).out).toMatch(/\n +1 +completed +123\.4 +0\.0053 +1,234,567 /);
  });

  it('--json has them, and no accuracies', async () => {
    const listed = JSON.parse((await trials('--json')).out) as readonly unknown[];
    expect(listed[0]).toMatchObject({ validationAccuracy: null, validationPerplexity: 123.42 });
  });
});
