import { NascentError } from '../errors.ts';
import { ForeignSampleError } from '../search-space/errors.ts';
import { canonicalJson, knownArchitectures } from '../search-space/index.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { decodeTokens, looksLikeTokens, parseTokenHeader } from '../search-space/tokens.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { nearest } from './nearest.ts';

/** A warm start that cannot be made: an unknown network, a sample of another space, a strategy that takes none. */
export class WarmStartError extends NascentError {
  constructor(problem: string, options?: { cause?: unknown }) {
    super('WARM_START', problem, options);
  }
}

/**
 * The samples that a config's `warmStart` names: token strings, or known networks and cells such as
 * `resnet-like` and `nascell`.
 * @throws WarmStartError for a name that is not known, and for a sample that is none of the space
 */
export function warmStartSamples(
  entries: readonly string[] | undefined,
  space: Pick<SearchSpace, 'identity' | 'decisions' | 'start'>,
): readonly Sample[] {
  return (entries ?? []).map((entry, i) => {
    try {
      return decodeTokens(tokensOf(entry), space);
    } catch (cause) {
      if (!(cause instanceof NascentError)) throw cause;
      throw new WarmStartError(
        `warmStart.${i} (${entry.length > 60 ? `${entry.slice(0, 57)}…` : entry}) cannot start this search: ` +
          cause.message +
          (cause instanceof ForeignSampleError ? ` ${ofTheSameSpace(space)}` : ''),
        { cause },
      );
    }
  });
}

function ofTheSameSpace({ identity }: Pick<SearchSpace, 'identity'>): string {
  const own = canonicalJson(identity);
  const known = [...knownArchitectures].flatMap(([name, { tokens }]) => {
    const { arguments: _, ...its } = parseTokenHeader(tokens);
    return canonicalJson(its) === own ? [name] : [];
  });
  return (
    'Or leave it out: what starts a search must be of its space, with the same options. ' +
    `Known of this space: ${known.join(', ') || 'none'}.`
  );
}

function tokensOf(entry: string): string {
  const known = knownArchitectures.get(entry);
  if (known !== undefined) return known.tokens;
  if (looksLikeTokens(entry)) return entry;
  const names = [...knownArchitectures.keys()];
  const meant = nearest(entry, names);
  throw new WarmStartError(
    `it is neither a token string nor a known network or cell. ${meant === null ? '' : `Did you mean "${meant}"? `}` +
      `Known: ${names.join(', ')}. Token strings are printed by \`nascent show\`.`,
  );
}

/** @throws WarmStartError where a search would start warm and its strategy takes no samples but its own */
export function refuseUnableStrategy(strategy: Strategy, warmStart: readonly unknown[] | undefined): void {
  if (warmStart === undefined || warmStart.length === 0 || strategy.adopt !== undefined) return;
  throw new WarmStartError(
    `the strategy ${strategy.name} takes no samples but its own: it has no method adopt(samples). Leave warmStart ` +
      'out, or give the strategy that method.',
  );
}

/**
 * The sample of the next trial: of the warm start while there is one left, then the strategy's own.
 * @param drawn samples so far in the whole search
 */
export function nextSample(
  strategy: Strategy,
  { warmStart, drawn, args }: { warmStart: readonly Sample[]; drawn: number; args: SpaceArguments },
): Sample {
  const given = warmStart[drawn];
  if (given !== undefined) {
    refuseUnableStrategy(strategy, warmStart);
    strategy.adopt?.([given]);
    return given;
  }
  const [sample] = strategy.ask(1, args);
  if (sample !== undefined) return sample;
  throw new Error(`the strategy ${strategy.name} was asked for 1 sample and gave none`);
}
