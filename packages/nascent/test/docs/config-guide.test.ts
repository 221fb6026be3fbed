import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { imageClassifierSchema } from '../../src/child/image-classifier.ts';
import { PRESETS, policyGradientOptionsSchema } from '../../src/strategy/presets.ts';
import { configSchema } from '../../src/study/config.ts';

const guide = readFileSync(new URL('../../../../docs/guide/config.md', import.meta.url), 'utf8');

describe('the guide to configs', () => {
  const dataset = imageClassifierSchema.shape.dataset.unwrap().shape;
  it.each([
    ...Object.keys(configSchema.shape),
    ...Object.keys(imageClassifierSchema.shape).filter((key) => key !== 'dataset'),
    ...Object.keys(dataset).map((key) => `dataset.${key}`),
    ...Object.keys(policyGradientOptionsSchema.shape),
  ])('explains `%s`', (key) => {
    expect(guide).toContain(`\`${key}\``);
  });

  it('gives the presets as they are', () => {
    const row = (label: string) => guide.split('\n').find((line) => line.startsWith(`| ${label}`)) ?? '';
    const { paper, strong } = PRESETS;
    for (const key of [
      'batchSize',
      'policyWeight',
      'baselineDecay',
      'elites',
      'warmup',
      'screening',
    ] as const)
      expect(row(`\`${key}\``)).toContain(`| ${paper[key]} | ${strong[key]} |`);
    expect(row('`learningRate` (Adam)')).toContain(`| ${paper.learningRate} | ${strong.learningRate} |`);
    expect(row('`avoidRepeats`')).toContain(`| ${paper.avoidRepeats} | ${strong.avoidRepeats} |`);
  });
});
