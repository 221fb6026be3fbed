import { NascentError } from '../errors.ts';
import { nearest } from '../study/nearest.ts';

/** What a network can be exported as; all but `json` hold its weights. */
export const EXPORT_FORMATS = ['onnx', 'pytorch', 'safetensors', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A format was asked for that there is not. */
export class UnknownFormatError extends NascentError {
  constructor(message: string) {
    super('FORMAT_UNKNOWN', message);
  }
}

/**
 * Reads a list such as `onnx,json`; each once, in the order of `EXPORT_FORMATS`.
 * @throws UnknownFormatError
 */
export function parseFormats(list: string): readonly ExportFormat[] {
  const words = list
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '');
  const unknown = words.find((word) => !isFormat(word));
  if (unknown === undefined && words.length > 0) {
    return EXPORT_FORMATS.filter((format) => words.includes(format));
  }
  const meant = unknown === undefined ? null : nearest(unknown, EXPORT_FORMATS);
  throw new UnknownFormatError(
    `${unknown === undefined ? 'no format is named' : `there is no format ${JSON.stringify(unknown)}`}. ` +
      (meant === null ? '' : `Did you mean "${meant}"? `) +
      `The formats are ${EXPORT_FORMATS.join(', ')}; give one or several with commas between them.`,
  );
}

function isFormat(word: string): word is ExportFormat {
  return EXPORT_FORMATS.some((format) => format === word);
}
