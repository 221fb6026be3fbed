// Needs a CUDA device and says so where there is none. Run it by hand where there is one:
//   npx vitest run packages/nascent/src/child/cuda.test.ts
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { devices, liveTensors, loadSafetensors, saveSafetensors, scope } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../test/fixtures/paths.ts';
import { countingText, knownCell } from '../../test/plain-language-model.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { randomStream } from '../random.ts';
import { convolutional, sampleUniformly } from '../search-space/index.ts';
import { createEvaluator as createImageClassifier } from './image-classifier.ts';
import { createEvaluator as createLanguageModel } from './language-model/evaluator.ts';
import { LanguageModel, languageModelRecipeSchema, trainLanguageModel } from './language-model/index.ts';
import type { ResumePoint } from './train-classifier.ts';

const there = devices().includes('cuda:0');
if (!there) console.warn('NOT TESTED: this libtorch reaches no CUDA device, so no child was trained on one.');

const signal = new AbortController().signal;
async function curveOf(evaluator: Evaluator, architecture: unknown) {
  try {
    const { curve, outcome } = await evaluator.evaluate(architecture, { seed: 3, signal, report: () => {} });
    expect(outcome).toEqual({ kind: 'completed' });
    return curve.map(({ trainingLoss, score }) => ({ trainingLoss, score: score.value }));
  } finally {
    evaluator.dispose();
  }
}
type Curve = Awaited<ReturnType<typeof curveOf>>;
const firstLoss = (curve: Curve): number => curve[0]?.trainingLoss ?? Number.NaN;

describe.skipIf(!there)('a child on CUDA', () => {
  it.each(['float32', 'bfloat16'] as const)(
    'a network for images, %s › learns as on the CPU',
    async (precision) => {
      const space = convolutional({ filterHeight: [1, 3], filterWidth: [1, 3], filterCount: [4, 6] });
      const architecture = space.decode(sampleUniformly(space, { layers: 4 }, randomStream(1)));
      const dataset = { name: 'cifar10', path: fixtures.cifar10, trainExamples: 60, validationExamples: 40 };
      const options = { dataset, epochs: 2, batchSize: 20, learningRate: 0.02, precision, latency: {} };
      const open = (device: string) =>
        createImageClassifier(options, { threads: 1, configDirectory: '.', device });
      const [cpu, cuda] = [
        await curveOf(await open('cpu'), architecture),
        await curveOf(await open('cuda'), architecture),
      ];
      // Convolutions of cuDNN round their factors (TF32).
      const share = Math.abs(firstLoss(cuda) / firstLoss(cpu) - 1);
      expect(share).toBeLessThan(precision === 'float32' ? 5e-3 : 5e-2);
    },
  );

  it.each([
    ['nascell', 'float32', 1e-4],
    // Those two are layers of cuDNN, which rounds factors (TF32).
    ['lstm', 'float32', 1e-3],
    ['gru', 'float32', 1e-3],
    ['nascell', 'bfloat16', 2e-2],
  ] as const)('a language model of %s, %s › learns as on the CPU', async (name, precision, limit) => {
    const options = {
      dataset: { name: 'text', path: join(fixtures.text, 'war-and-peace.txt'), level: 'character' },
      model: { hidden: 24 },
      ...{ epochs: 1, batchSize: 10, steps: 20, optimiser: 'adam', learningRate: 0.003, initialisation: 0.3 },
      precision,
    };
    const open = (device: string) =>
      createLanguageModel(options, { threads: 1, configDirectory: '.', device });
    const [cpu, cuda] = [
      await curveOf(await open('cpu'), knownCell(name)),
      await curveOf(await open('cuda'), knownCell(name)),
    ];
    expect(Math.abs(firstLoss(cuda) / firstLoss(cpu) - 1)).toBeLessThan(limit);
    expect(Math.abs((cuda[0]?.score ?? 0) / (cpu[0]?.score ?? 1) - 1)).toBeLessThan(10 * limit);
  });

  it('a training goes on from a file as if it had not stopped; the file is one of any device', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nascent-cuda-'));
    const text = { train: countingText(600, 7), validation: countingText(200, 7) };
    const recipe = languageModelRecipeSchema.parse({
      epochs: 2,
      batchSize: 4,
      steps: 8,
      optimiser: 'adam',
      learningRate: 0.01,
    });
    const shape = { vocabulary: 7, hidden: 12, layers: 2, tied: false };
    const build = (device: string) =>
      new LanguageModel(knownCell('nascell'), shape, { seed: 1, initialisation: 0.3, device });
    const train = async (model: LanguageModel, resume?: ResumePoint) => {
      const losses: number[] = [];
      const report = ({ trainingLoss }: { trainingLoss: number }) => losses.push(trainingLoss);
      const checkpoint = ({ epoch, optimiser }: ResumePoint) => {
        saveSafetensors(join(folder, `model-${epoch}`), model.stateDict());
        saveSafetensors(join(folder, `optimiser-${epoch}`), optimiser);
      };
      await trainLanguageModel(model, text, recipe, {
        seed: 2,
        signal,
        limitMs: null,
        report,
        resume,
        checkpoint,
      });
      return losses;
    };
    const before = liveTensors();
    const whole = build('cuda');
    const losses = await train(whole);
    const second = build('cuda');
    const saved = loadSafetensors(join(folder, 'model-1')).tensors;
    const optimiser = loadSafetensors(join(folder, 'optimiser-1')).tensors;
    second.loadStateDict(saved);
    const later = await train(second, { epoch: 1, optimiser });
    expect(later[0]).toBeCloseTo(losses[1] ?? Number.NaN, 5);
    const onCpu = build('cpu');
    onCpu.loadStateDict(saved);
    scope(() => {
      for (const [name, values] of onCpu.stateDict())
        expect(values.toArray(), name).toEqual(saved.get(name)?.toArray());
    });
    for (const tensor of [...saved.values(), ...optimiser.values()]) tensor.dispose();
    for (const model of [whole, second, onCpu]) model.dispose();
    expect(liveTensors()).toBe(before);
    rmSync(folder, { recursive: true });
  });
});
