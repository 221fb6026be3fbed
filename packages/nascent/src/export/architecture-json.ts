import type { ImageInput, NetworkDescription } from '../search-space/index.ts';

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
  const document = { format: 'nascent.architecture', version: 1, tokens, architecture, image, network };
  return `${JSON.stringify(document, null, 2)}\n`;
}
