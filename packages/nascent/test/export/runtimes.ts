import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import onnxProto from 'onnx-proto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ImageDataset } from '../../src/dataset/index.ts';
import { pixelsOf } from './finished-model.ts';

/** What ONNX Runtime says of an exported file. */
export interface OnnxRun {
  readonly logits: Float32Array;
  /** By value: the shape that the file declares, and that of what was computed; without the batch. */
  readonly shapes: readonly {
    readonly name: string;
    readonly declared: number[];
    readonly computed: number[];
  }[];
}

/** Runs an exported file, with every value that it computes as an output. */
export async function inOnnxRuntime(bytes: Uint8Array, images: ImageDataset): Promise<OnnxRun> {
  const { ModelProto } = onnxProto.onnx;
  const proto = ModelProto.decode(bytes);
  const declared = new Map(
    [...(proto.graph?.valueInfo ?? []), ...(proto.graph?.output ?? [])].map(({ name, type }) => {
      const [, ...shape] = type?.tensorType?.shape?.dim ?? [];
      return [name ?? '', shape.map(({ dimValue }) => Number(dimValue))] as const;
    }),
  );
  proto.graph?.output?.push(...(proto.graph.valueInfo ?? []));
  const session = await InferenceSession.create(ModelProto.encode(proto).finish(), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const { channels, height, width, labels } = images;
  const input = new Tensor('float32', pixelsOf(images), [labels.length, channels, height, width]);
  const outputs = await session.run({ images: input });
  await session.release();
  const shapes = [...declared].map(([name, shape]) => {
    return { name, declared: shape, computed: (outputs[name]?.dims ?? []).slice(1) };
  });
  const logits = outputs['logits']?.data;
  if (!(logits instanceof Float32Array)) throw new Error('the file computes no logits');
  return { logits, shapes };
}

/** Writes the images where `run_modules.py` looks for them. */
export function writeImages(folder: string, images: ImageDataset): void {
  const { channels, height, width, labels } = images;
  writeFileSync(join(folder, 'images.json'), JSON.stringify([labels.length, channels, height, width]));
  writeFileSync(join(folder, 'images.bin'), new Uint8Array(pixelsOf(images).buffer));
}

/** Runs the model.py of every folder below `root` in one process; the logits by folder. */
export function inPyTorch(python: string, root: string): Readonly<Record<string, readonly number[]>> {
  const script = fileURLToPath(new URL('run_modules.py', import.meta.url));
  const run = spawnSync(python, [script, root], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}
