import {
  CIFAR10_INPUT,
  type ConvolutionalArchitecture,
  decodeTokens,
  hashOf,
  type ImageInput,
  type LanguageModelShape,
  looksLikeTokens,
  parseConvolutionalArchitecture,
  parseRecurrentArchitecture,
  type RecurrentArchitecture,
  spaceOfTokens,
} from '../search-space/index.ts';
import type { TrialRecord } from '../trial/record.ts';
import { inputOf } from './show.ts';
import type { NamedTrial } from './trial-argument.ts';

/** What is to be exported. */
export interface ExportSubject {
  /** What it is called in sentences. */
  readonly label: string;
  /** As `nascent retrain` takes it. */
  readonly argument: string;
  /** Below `retrained/` and `exported/`. */
  readonly directoryName: string;
  readonly tokens: string;
  readonly design: Design;
}

/** An architecture by what can be exported of it, with what is known of it without a model. */
export type Design =
  | {
      readonly kind: 'network';
      readonly architecture: ConvolutionalArchitecture;
      /** The images that its costs are worked out for. */
      readonly image: ImageInput;
    }
  | {
      readonly kind: 'cell';
      readonly architecture: RecurrentArchitecture;
      /** The language model that the search built of it; null where there was none. */
      readonly shape: LanguageModelShape | null;
    }
  /** Of a space whose networks are not trained here. */
  | { readonly kind: 'other'; readonly architecture: unknown; readonly image: ImageInput };

/** @throws InvalidArchitectureError where a stored architecture is malformed */
export function subjectOf(named: NamedTrial, argument: string): ExportSubject {
  if (named.kind === 'trial') {
    const { trial } = named;
    const { number, architecture, tokens } = trial;
    return {
      label: `trial ${number}`,
      argument: `${number}`,
      directoryName: `trial-${number}`,
      tokens,
      design: designOf(architecture, trial),
    };
  }
  const { tokens } = named;
  const space = spaceOfTokens(tokens);
  const design = designOf(space.decode(decodeTokens(tokens, space)), null);
  if (!looksLikeTokens(argument))
    return { label: argument, argument, directoryName: argument, tokens, design };
  const label = `the ${design.kind === 'cell' ? 'cell' : 'network'} of the token string`;
  return { label, argument, directoryName: `tokens-${hashOf(tokens).slice(0, 8)}`, tokens, design };
}

function designOf(architecture: unknown, trial: TrialRecord | null): Design {
  const tagged = typeof architecture === 'object' && architecture !== null && 'kind' in architecture;
  const image = trial === null ? CIFAR10_INPUT : inputOf(trial);
  switch (tagged ? architecture.kind : null) {
    case 'convolutional':
      return { kind: 'network', architecture: parseConvolutionalArchitecture(architecture), image };
    case 'recurrent-cell':
    case 'native-cell': {
      const shape = trial === null ? null : shapeOf(trial);
      return { kind: 'cell', architecture: parseRecurrentArchitecture(architecture), shape };
    }
    default:
      return { kind: 'other', architecture, image };
  }
}

/** Of the language model that the evaluator recorded with the trial. */
function shapeOf({ facts }: TrialRecord): LanguageModelShape | null {
  const { vocabulary, hidden, layers, tied } = facts;
  if (vocabulary === undefined || hidden === undefined || layers === undefined) return null;
  return { vocabulary, hidden, layers, tied: tied === 1 };
}
