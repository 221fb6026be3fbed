import onnxProto from 'onnx-proto';
import { nascentVersion } from '../../version.ts';

/** Read by every runtime since 2022. */
export const ONNX_OPSET = 17;
/** The file format that goes with it. */
const IR_VERSION = 8;

/** The bytes of an ONNX file. @param about its metadata; null: an entry that is left out */
export function encodeModel(
  graph: onnxProto.onnx.IGraphProto,
  { docs, about }: { readonly docs: string; readonly about: Readonly<Record<string, string | null>> },
): Uint8Array {
  const proto = {
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: ONNX_OPSET }],
    producerName: 'nascent',
    producerVersion: nascentVersion(),
    docString: docs,
    graph,
    metadataProps: Object.entries(about).flatMap(([key, value]) => (value === null ? [] : [{ key, value }])),
  } satisfies onnxProto.onnx.IModelProto;
  return onnxProto.onnx.ModelProto.encode(proto).finish();
}
