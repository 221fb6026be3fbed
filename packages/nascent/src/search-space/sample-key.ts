import { canonicalJson } from './canonical-json.ts';
import type { Sample } from './sample.ts';

/**
 * Equal for two samples of one space exactly if they have the same arguments and the same answers.
 *
 * Decisions are left out: a program that hears the same answers asks the same questions. Two keys that differ
 * may still build the same architecture, where the program repairs what it was answered.
 */
export function sampleKey({ arguments: args, answers }: Sample): string {
  const written = answers.map((answer) =>
    answer.kind === 'choice' ? answer.index : `[${answer.chosen.join(' ')}]`,
  );
  return `${canonicalJson(args)} ${written.join(',')}`;
}
