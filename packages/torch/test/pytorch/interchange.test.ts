import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  arange,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  loadSafetensors,
  noGrad,
  ReLU,
  Sequential,
  saveSafetensors,
} from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { pythonWithTorch } from './python.ts';

const build = (): Sequential =>
  new Sequential([
    new Conv2d(3, 4, 3, { padding: 'same' }),
    new BatchNorm2d(4),
    new ReLU(),
    new Flatten(),
    new Linear(64, 5),
  ]).eval();

const output = (net: Sequential): number[] =>
  noGrad(() => net.forward(arange(0, 48).to('float32').reshape([1, 3, 4, 4]).div(48)).toNumbers());

describe('state dicts in safetensors files', () => {
  it('› PyTorch loads ours strictly, we load PyTorch’s strictly, and the outputs are equal', ({ skip }) => {
    const python = pythonWithTorch();
    if (python === null) return skip('no Python here imports torch');
    const folder = mkdtempSync(join(tmpdir(), 'nascent-interchange-'));
    try {
      const [ours, theirs] = [join(folder, 'ours.safetensors'), join(folder, 'theirs.safetensors')];
      const saved = build();
      saveSafetensors(ours, saved.stateDict(), { format: 'pt' });
      const script = fileURLToPath(new URL('interchange.py', import.meta.url));
      const run = spawnSync(python, [script, ours, theirs], { encoding: 'utf8' });
      expect(run.status, run.stderr).toBe(0);
      const [fromOurs = [], fromTheirs = []] = JSON.parse(run.stdout) as number[][];
      const loaded = build();
      loaded.loadStateDict(loadSafetensors(theirs).tensors);
      for (const [net, expected] of [
        [saved, fromOurs],
        [loaded, fromTheirs],
      ] as const) {
        expect(expected.length).toBe(5);
        expect(output(net)).toEqual(expected.map((value) => expect.closeTo(value, 5)));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);
});
