import type { Model } from '../child/model-file.ts';
import type { ExportFormat } from './formats.ts';
import { onnxModel } from './onnx/convolutional/model.ts';
import { pytorchSource } from './pytorch/convolutional/source.ts';

/** A file to be written. */
export interface ExportedFile {
  readonly name: string;
  readonly content: Uint8Array | string;
}

/**
 * The files that hold a finished network. PyTorch's module reads the safetensors file, so the two go together.
 * @param bytes the model file itself
 * @param title what the network is called, one line
 * @throws OnnxShapeError
 */
export function modelFiles(
  model: Model,
  bytes: Uint8Array,
  formats: readonly ExportFormat[],
  title: string,
): readonly ExportedFile[] {
  const wanted = (...any: readonly ExportFormat[]): boolean => any.some((format) => formats.includes(format));
  return [
    ...(wanted('onnx') ? [{ name: 'model.onnx', content: onnxModel(model) }] : []),
    ...(wanted('pytorch') ? [{ name: 'model.py', content: pytorchSource(model.facts, title) }] : []),
    ...(wanted('pytorch', 'safetensors') ? [{ name: 'model.safetensors', content: bytes }] : []),
  ];
}
