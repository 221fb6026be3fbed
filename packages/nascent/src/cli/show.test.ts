import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../test/fixtures/cli.ts';
import { fixtures } from '../../test/fixtures/paths.ts';
import { search } from '../experiment/search.ts';
import { randomStream } from '../random.ts';
import {
  builtInSpace,
  convolutional,
  encodeSample,
  type SearchSpace,
  sampleUniformly,
} from '../search-space/index.ts';
import { registerShowCommand } from './show.ts';

let place = '';
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'nascent-show-'));
});
afterAll(() => rmSync(place, { recursive: true }));

const full = convolutional({
  skips: true,
  stride: [1, 2],
  learningRate: [0.05],
  layerTypes: ['convolution', 'identity'],
});

function tokensOf(space: SearchSpace, args: Readonly<Record<string, number>>): string {
  return encodeSample(sampleUniformly(space, args, randomStream('show', 1)), space);
}

const show = (...words: string[]) => runCommand(registerShowCommand, ['show', ...words], { cwd: place });

describe('nascent show of a token string', () => {
  const tokens = tokensOf(full as SearchSpace, { layers: 5 });

  it('draws the network with its layers, parameters and FLOPs, and gives the predicted learning rate', async () => {
    const { code, out } = await show(tokens);
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 2)).toEqual([tokens, 'predicted learning rate 0.05']);
    expect(out).toMatch(/│ image +3×32×32 +│/);
    expect(out).toMatch(/5 layers, [\d,]+ parameters, [\d.]+ \w FLOPs for one example/);
  });

  it('--svg writes a figure beside it', async () => {
    const { out } = await show(tokens, '--svg', 'network.svg');
    const svg = readFileSync(join(place, 'network.svg'), 'utf8');
    expect(svg).toContain('<title>A network of the space convolutional</title>');
    expect(svg).toContain('predicted learning rate 0.05');
    expect(out).toMatch(/figure network\.svg$/);
  });

  it('--json is one document, also with --svg', async () => {
    const { out } = await show(tokens, '--json', '--svg', 'other.svg');
    const { architecture, network } = JSON.parse(out) as Record<
      string,
      { learningRate?: number; flops?: number }
    >;
    expect(architecture?.learningRate).toBe(0.05);
    expect(network?.flops).toBeGreaterThan(0);
    expect(readFileSync(join(place, 'other.svg'), 'utf8')).toMatch(/^<svg /);
  });

  it('a figure that cannot be written is an error that names the file', async () => {
    const { code, failure } = await show(tokens, '--svg', 'no-such-directory/network.svg');
    expect(code).toBe(1);
    expect(failure).toMatchObject({ code: 'SVG_NOT_WRITTEN' });
    expect(String(failure)).toMatch(/no-such-directory\/network\.svg: ENOENT.*a directory that exists/);
    expect((await show(tokens, '--svg', '.')).failure).toMatchObject({ code: 'SVG_NOT_WRITTEN' });
  });

  it('a network that cannot be drawn as a figure is an error', async () => {
    const { failure } = await show(tokensOf(builtInSpace('nats-bench-size'), {}), '--svg', 'size.svg');
    expect(failure).toMatchObject({ code: 'NO_DRAWING' });
  });
});

describe('nascent show of a trial', () => {
  it('--svg names the trial and says how good it is', async () => {
    await search(
      {
        space: { use: 'nas-bench-201' },
        evaluator: { use: 'nas-bench-201', options: { table: 'nasbench201' } },
        strategy: { use: 'random' },
        reward: { kind: 'accuracy', lastEpochs: 1 },
        trials: 2,
        seed: 1,
      },
      { study: join(place, 'trials.db'), configDirectory: fixtures.benchmarks },
    );
    await show('best', '--study', 'trials.db', '--svg', 'best.svg');
    const svg = readFileSync(join(place, 'best.svg'), 'utf8');
    expect(svg).toMatch(/<title>Trial [12]<\/title>/);
    expect(svg).toMatch(/validation accuracy [\d.]+ %/);
    expect(svg).toContain('residual block, 32 filters');
  });
});
