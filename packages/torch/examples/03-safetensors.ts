/*
 * Saves a network, builds it anew and loads it back, in the format that Python's safetensors reads too.
 *
 *     node --import tsx packages/torch/examples/03-safetensors.ts
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchNorm2d,
  Conv2d,
  Generator,
  GlobalAvgPool2d,
  Linear,
  loadSafetensors,
  noGrad,
  ReLU,
  randn,
  Sequential,
  saveSafetensors,
  scope,
  TorchError,
} from '@nascent/torch';

const build = () =>
  new Sequential([
    new Conv2d(3, 8, 3, { padding: 'same' }),
    new BatchNorm2d(8),
    new ReLU(),
    new GlobalAvgPool2d(),
    new Linear(8, 10),
  ]).eval();

const folder = mkdtempSync(join(tmpdir(), 'nascent-torch-'));
try {
  const path = join(folder, 'net.safetensors');
  const saved = build();
  saveSafetensors(path, saved.stateDict(), { trainedBy: '03-safetensors.ts' });
  console.log(`${path}: ${statSync(path).size} bytes`);

  const loaded = build(); // other random weights
  scope(() => {
    const { tensors, metadata } = loadSafetensors(path);
    console.log('metadata', metadata);
    for (const [name, { dtype, shape }] of tensors) console.log(`  ${name}: ${dtype} [${shape.join(', ')}]`);
    loaded.loadStateDict(tensors);
  });

  scope(() =>
    noGrad(() => {
      const image = randn([1, 3, 32, 32], { generator: new Generator(1) });
      const difference = saved.forward(image).sub(loaded.forward(image)).abs().max().item();
      console.log('largest difference between the two networks:', difference);
    }),
  );

  // A state dict that does not fit says everything that is wrong with it, and changes nothing.
  try {
    scope(() => new Linear(4, 10).loadStateDict(loadSafetensors(path).tensors));
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    console.log(`${error.code}: ${error.message}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
