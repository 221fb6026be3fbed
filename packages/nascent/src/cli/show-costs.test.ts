import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../test/fixtures/cli.ts';
import { search } from '../experiment/search.ts';
import type { StudyConfigInput } from '../study/config.ts';
import { registerShowCommand } from './show.ts';

/* A search whose evaluator refuses its first children, and measures the latency of the last. */

let place = '';
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'nascent-costs-'));
  for (const measures of ["['latencyMs']", '[]']) {
    writeFileSync(
      join(place, measures === '[]' ? 'blind.mjs' : 'evaluator.mjs'),
      `export const inline = true;
      const refused = [['parameters', 4200000, 1000000], ['flops', 3e9, 1e9], ['memory', 812.4, 512]];
      export default async () => ({
        inline: true, score: { split: 'validation', metric: 'accuracy' }, measures: ${measures}, dispose() {},
        async evaluate() {
          const [measure, value, limit] = refused.shift() ?? [];
          const facts = { latencyMs: 8, latencySpreadMs: 0.25 };
          if (measure !== undefined)
            return { outcome: { kind: 'too-large', measure, value, limit }, curve: [], parameters: null, facts: {} };
          const score = { split: 'validation', metric: 'accuracy', value: 0.5 };
          const curve = [{ epoch: 1, trainingLoss: 1, score, elapsedMs: 1 }];
          return { outcome: { kind: 'completed' }, curve, parameters: 9, facts };
        },
      });`,
    );
  }
});
afterAll(() => rmSync(place, { recursive: true }));

const config = (evaluator: string): StudyConfigInput => ({
  space: { use: 'convolutional', arguments: { layers: 1 } },
  evaluator: { use: evaluator },
  strategy: { use: 'random' },
  reward: {
    kind: 'accuracy',
    tooLarge: { kind: 'graded', span: 0.5 },
    latency: { targetMs: 4, exponent: -1 },
  },
  trials: 4,
});

const show = async (trial: number) =>
  (await runCommand(registerShowCommand, ['show', `${trial}`, '--study', 'costs.db'], { cwd: place })).out;

describe('what a trial costs', () => {
  it('decides its reward, and is shown', async () => {
    const { trials } = await search(config('./evaluator.mjs'), {
      study: join(place, 'costs.db'),
      configDirectory: place,
    });
    const graded = [1 / 4.2, 1 / 3, 512 / 812.4].map((share) => -0.5 * (1 - share));
    for (const [i, reward] of [...graded, 0.5 / 2].entries())
      expect(trials[i]?.reward).toBeCloseTo(reward, 12);
    expect(await show(1)).toContain('refused: 4,200,000 parameters, over the limit of 1,000,000');
    expect(await show(2)).toMatch(/refused: 3.* FLOPs for one example, over the limit of 1/);
    expect(await show(3)).toContain('refused: training would hold about 812 MiB, over the limit of 512 MiB');
    expect(await show(4)).toContain('latency 8.00 ms, spread of its passes 0.25 ms');
  });

  it('a latency that nobody measures is refused before anything is begun', async () => {
    const study = join(place, 'blind.db');
    const searching = search(config('./blind.mjs'), { study, configDirectory: place });
    await expect(searching).rejects.toMatchObject({ code: 'REWARD_WITHOUT_LATENCY' });
    expect(existsSync(study)).toBe(false);
  });
});
