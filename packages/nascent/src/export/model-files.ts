import type { StoredLanguageModel } from '../child/language-model/index.ts';
import type { Model } from '../child/model-file.ts';
import type { ExportFormat } from './formats.ts';
import { onnxModel } from './onnx/convolutional/model.ts';
import { onnxCell } from './onnx/language-model/cell.ts';
import { onnxLanguageModel } from './onnx/language-model/model.ts';
import { pytorchSource } from './pytorch/convolutional/source.ts';
import { languageModelSource } from './pytorch/language-model/model-source.ts';
import type { ExportedFile } from './write-files.ts';

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
  const wanted = wantedOf(formats);
  return [
    ...(wanted('onnx') ? [{ name: 'model.onnx', content: onnxModel(model) }] : []),
    ...(wanted('pytorch') ? [{ name: 'model.py', content: pytorchSource(model.facts, title) }] : []),
    ...(wanted('pytorch', 'safetensors') ? [{ name: 'model.safetensors', content: bytes }] : []),
  ];
}

/** The files that hold a finished language model, likewise; whoever runs it also needs its vocabulary. */
export function languageModelFiles(
  model: StoredLanguageModel,
  bytes: Uint8Array,
  formats: readonly ExportFormat[],
  title: string,
): readonly ExportedFile[] {
  const wanted = wantedOf(formats);
  const { facts } = model;
  return [
    ...(wanted('onnx')
      ? [
          { name: 'language-model.onnx', content: onnxLanguageModel(model) },
          { name: 'cell.onnx', content: onnxCell(model) },
        ]
      : []),
    ...(wanted('pytorch') ? [{ name: 'model.py', content: languageModelSource(facts, title) }] : []),
    ...(wanted('onnx', 'pytorch')
      ? [{ name: 'vocabulary.json', content: `${JSON.stringify(facts.vocabulary)}\n` }]
      : []),
    ...(wanted('pytorch', 'safetensors') ? [{ name: 'model.safetensors', content: bytes }] : []),
  ];
}

function wantedOf(formats: readonly ExportFormat[]): (...any: readonly ExportFormat[]) => boolean {
  return (...any) => any.some((format) => formats.includes(format));
}
