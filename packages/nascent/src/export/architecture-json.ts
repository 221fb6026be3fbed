import {
  cellFormulas,
  type Formula,
  type ImageInput,
  type LanguageModelShape,
  languageModelParameters,
  layerParameters,
  type NetworkDescription,
  nativeFormulas,
  type RecurrentArchitecture,
} from '../search-space/index.ts';

export interface ExportedArchitecture {
  /** The token string that decodes to it; null where it is not known. */
  readonly tokens: string | null;
  /** As its space returned it; of the convolutional spaces: `parseConvolutionalArchitecture` reads it back. */
  readonly architecture: unknown;
  /** The images that sizes and costs are worked out for. */
  readonly image: ImageInput;
  /** Layers with sizes, parameters and multiply-adds; null for spaces that have no description. */
  readonly network: NetworkDescription | null;
}

/** The text of `architecture.json`: the architecture itself, and what is known of its layers. */
export function architectureJson({ tokens, architecture, image, network }: ExportedArchitecture): string {
  return documentOf({ tokens, architecture, image, network });
}

export interface ExportedCell {
  readonly tokens: string | null;
  /** `parseRecurrentArchitecture` reads it back. */
  readonly architecture: RecurrentArchitecture;
  /** The language model that it was built into; null where there is none. */
  readonly shape: LanguageModelShape | null;
}

/** The text of a recurrent cell's `architecture.json`: the cell itself, its equations, and what it costs. */
export function cellJson({ tokens, architecture, shape }: ExportedCell): string {
  const cell = { equations: equationsOf(architecture), parametersOfLayer: parametersText(architecture) };
  const languageModel = shape && { ...shape, parameters: countsOf(architecture, shape) };
  return documentOf({ tokens, architecture, cell, languageModel });
}

function equationsOf(cell: RecurrentArchitecture): readonly Formula[] {
  return cell.kind === 'recurrent-cell' ? cellFormulas(cell).flat() : nativeFormulas(cell.cell);
}

/** Of one layer, of any width; `layerParameters` as a formula. */
function parametersText(cell: RecurrentArchitecture): string {
  if (cell.kind === 'recurrent-cell') return `${cell.base} · units · (inputs + units)`;
  return `${cell.cell === 'lstm' ? 4 : 3} · units · (inputs + units + 2)`;
}

function countsOf(cell: RecurrentArchitecture, shape: LanguageModelShape) {
  const { vocabulary, hidden, tied } = shape;
  return {
    embedding: vocabulary * hidden,
    eachLayer: layerParameters(cell, hidden, hidden),
    softmax: vocabulary * (tied ? 1 : hidden + 1),
    total: languageModelParameters(cell, shape),
  };
}

function documentOf(content: object): string {
  return `${JSON.stringify({ format: 'nascent.architecture', version: 1, ...content }, null, 2)}\n`;
}
