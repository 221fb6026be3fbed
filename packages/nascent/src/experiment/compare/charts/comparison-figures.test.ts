import { describe, expect, it } from 'vitest';
import {
  factsOf,
  nasBench201Facts,
  nasBench201Runs,
  runOf,
} from '../../../../test/fixtures/comparisons/comparison.ts';
import type { ComparisonFacts, SearchRun } from '../../../trial/search-run.ts';
import { analyseComparison } from '../analysis.ts';
import { comparisonFigures } from './comparison-figures.ts';
import { renderSvg } from './render.ts';

async function drawAll(facts: ComparisonFacts, runs: readonly SearchRun[]): Promise<Map<string, string>> {
  const drawings = new Map<string, string>();
  for (const { name, spec } of comparisonFigures(analyseComparison(facts, runs))) {
    drawings.set(name, await renderSvg(spec, name));
  }
  return drawings;
}

/** Numbers that are none, as they would show. */
const broken = (svg: string) => svg.match(/NaN|Infinity|>undefined|"undefined/g) ?? [];

/** How many paths of a mark with this stroke colour a drawing has. */
const strokes = (svg: string, colour: string) => svg.split(`stroke="${colour}"`).length - 1;

describe('charts of a comparison', () => {
  const drawings = drawAll(nasBench201Facts, nasBench201Runs());
  const drawing = async (name: string) => (await drawings).get(name) ?? '';

  it('are these seven', async () => {
    expect([...(await drawings).keys()]).toEqual([
      'best-so-far-trials',
      'best-so-far-seconds',
      'top-k-trials',
      'top-k-seconds',
      'top-k',
      'distribution',
      'correlation',
    ]);
  });

  it('hold no number that is none', async () => {
    for (const [name, svg] of await drawings) expect(broken(svg), name).toEqual([]);
  });

  it('say how many seeds there are and what the band is', async () => {
    const svg = await drawing('best-so-far-trials');
    expect(svg).toContain('nas-bench-201 v1, 8 seeds.');
    expect(svg).toContain('Mean over seeds; band: 95 % bootstrap interval of the mean.');
    expect(svg).toContain('final test accuracy (test200), %');
    expect(await drawing('best-so-far-seconds')).toContain('simulated seconds');
    expect(await drawing('top-k')).toContain(
      '8 paired seeds. Band: 95 % bootstrap interval of the mean difference.',
    );
  });

  it('have a line and a legend entry for each strategy', async () => {
    const svg = await drawing('best-so-far-trials');
    for (const colour of ['#0072B2', '#D55E00']) expect(strokes(svg, colour)).toBe(2);
    expect(svg).toContain('>random</text>');
    expect(svg).toContain('>evolution</text>');
  });

  it('top-k against trials and against time has three panels with every strategy', async () => {
    for (const name of ['top-k-trials', 'top-k-seconds']) {
      const svg = await drawing(name);
      expect(svg).toContain('>mean of the best 15</text>');
      for (const colour of ['#0072B2', '#D55E00']) expect(strokes(svg, colour)).toBe(4); // three lines, one legend
    }
  });

  it('the difference to random search has three panels, without random search itself', async () => {
    const svg = await drawing('top-k');
    for (const panel of ['the best model', 'mean of the best 5', 'mean of the best 15']) {
      expect(svg).toContain(`>${panel}</text>`);
    }
    expect(strokes(svg, '#D55E00')).toBe(4); // three lines and the legend
    expect(strokes(svg, '#0072B2')).toBe(0);
  });

  it('can stand in one page: no two share an id', async () => {
    const ids = [...(await drawings).values()].flatMap((svg) =>
      [...svg.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id),
    );
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, svg] of await drawings) {
      for (const [, used] of svg.matchAll(/url\(#([^)]+)\)/g)) expect(svg, name).toContain(`id="${used}"`);
    }
  });

  it('are the same bytes each time', async () => {
    const again = await drawAll(nasBench201Facts, nasBench201Runs());
    for (const [name, svg] of await drawings) expect(again.get(name) === svg, name).toBe(true);
  });
});

describe('charts of little', () => {
  it('one run of one strategy: curves without a band', async () => {
    const one = await drawAll(factsOf(['random']), [
      runOf('random', 1, [
        ['a', 0.5, 0.6],
        ['b', 0.7, 0.8],
      ]),
    ]);
    expect([...one.keys()]).toEqual([
      'best-so-far-trials',
      'best-so-far-seconds',
      'top-k-trials',
      'top-k-seconds',
      'distribution',
      'correlation',
    ]);
    expect(one.get('best-so-far-trials')).toContain('One seed: no band.');
    for (const svg of one.values()) expect(broken(svg)).toEqual([]);
  });

  it('no time charged, no final score: neither of those charts', async () => {
    const runs = ['random', 'x'].flatMap((label) =>
      [1, 2].map((seed) => runOf(label, seed, [['a', 0.5, null, 0]])),
    );
    const drawn = await drawAll(factsOf(['random', 'x'], { finals: null }), runs);
    expect([...drawn.keys()]).toEqual(['best-so-far-trials', 'top-k-trials', 'top-k', 'distribution']);
    for (const svg of drawn.values()) expect(broken(svg)).toEqual([]);
  });

  it('more strategies than colours are told apart by dashes', async () => {
    const labels = Array.from({ length: 9 }, (_, at) => `strategy ${at}`);
    const runs = labels.map((label, at) =>
      runOf(label, 1, [
        ['a', 0.5, 0.5 + at / 100],
        ['b', 0.6, 0.6 + at / 100],
      ]),
    );
    const svg = (await drawAll(factsOf(labels), runs)).get('best-so-far-trials') ?? '';
    expect(svg).toContain('stroke-dasharray="6,3"');
    for (const label of labels) expect(svg).toContain(`>${label}</text>`);
  });

  it('nothing but failed children: no curve, and no broken drawing', async () => {
    const runs = ['random', 'x'].map((label) =>
      runOf(label, 1, [
        ['a', null],
        ['b', null],
      ]),
    );
    for (const svg of (await drawAll(factsOf(['random', 'x']), runs)).values()) {
      expect(broken(svg)).toEqual([]);
    }
  });
});
