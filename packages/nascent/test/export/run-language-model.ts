import onnxProto from 'onnx-proto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Computed, Reading } from './finished-language-model.ts';

/** A run of an ONNX file, and its values in the shapes that the file declares and that came out. */
export interface OnnxRun {
  readonly outputs: Computed;
  readonly shapes: readonly {
    readonly name: string;
    readonly declared: readonly number[];
    readonly computed: readonly number[];
  }[];
}

/** Runs `language-model.onnx`, with every value that it computes outside of loops as an output. */
export async function runOnnxLanguageModel(bytes: Uint8Array, reading: Reading): Promise<OnnxRun> {
  const { steps, batch, words, states } = reading;
  const feeds = {
    words: new Tensor('int64', BigInt64Array.from(words, BigInt), [steps, batch]),
    ...Object.fromEntries(
      Object.entries(states).map(([name, values]) => [
        name,
        new Tensor('float32', values, [batch, values.length / batch]),
      ]),
    ),
  };
  return runOnnx(bytes, feeds, { steps, batch });
}

/** @param free what its free lengths are in this run */
export async function runOnnx(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
  free: Readonly<Record<string, number>>,
): Promise<OnnxRun> {
  const { ModelProto } = onnxProto.onnx;
  const proto = ModelProto.decode(bytes);
  const outputs = (proto.graph?.output ?? []).map(({ name }) => name ?? '');
  const declared = [...(proto.graph?.valueInfo ?? []), ...(proto.graph?.output ?? [])].map(
    ({ name, type }) => {
      const dim = type?.tensorType?.shape?.dim ?? [];
      const shape = dim.map(({ dimParam, dimValue }) => (dimParam ? free[dimParam] : Number(dimValue)));
      return [name ?? '', shape.map((length) => length ?? Number.NaN)] as const;
    },
  );
  proto.graph?.output?.push(...(proto.graph.valueInfo ?? []));
  const session = await InferenceSession.create(ModelProto.encode(proto).finish(), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const results = await session.run(feeds);
  await session.release();
  const numbersOf = (name: string): Float32Array => {
    const data = results[name]?.data;
    if (!(data instanceof Float32Array)) throw new Error(`the file computes no ${name}`);
    return data.slice();
  };
  return {
    outputs: Object.fromEntries(outputs.map((name) => [name, numbersOf(name)])),
    shapes: declared.map(([name, shape]) => ({
      name,
      declared: shape,
      computed: [...(results[name]?.dims ?? [])],
    })),
  };
}
