import { knownArchitectures, looksLikeTokens } from '../search-space/index.ts';
import type { Store, StudyRecord } from '../store/store.ts';
import type { TrialRecord } from '../trial/record.ts';
import { type CliContext, CliFailure } from './context.ts';
import { readStudy } from './open-study.ts';

/** What a TRIAL argument names: a trial of the study, or a token string or known network or cell, which needs no study. */
export type NamedTrial =
  | { readonly kind: 'trial'; readonly trial: TrialRecord; readonly study: StudyRecord }
  | { readonly kind: 'tokens'; readonly tokens: string };

/** For the help texts. */
export const TRIAL_HELP = `a trial number, "best", a token string, or a known network or cell (${[...knownArchitectures.keys()].join(', ')})`;

/** Finds the trial; `alsoRead` may read more of it before the store is closed. */
export async function findTrial<T>(
  context: CliContext,
  argument: string,
  study: string | undefined,
  alsoRead: (store: Store, study: StudyRecord, trial: TrialRecord) => Promise<T>,
): Promise<{ readonly named: NamedTrial; readonly read: T | null }> {
  const tokens = looksLikeTokens(argument) ? argument : knownArchitectures.get(argument)?.tokens;
  if (tokens !== undefined) return { named: { kind: 'tokens', tokens }, read: null };
  refuseOtherWords(argument);
  return readStudy(context, study, async (store, record) => {
    const trial = await trialOf(store, record, argument);
    return { named: { kind: 'trial', trial, study: record }, read: await alsoRead(store, record, trial) };
  });
}

async function trialOf(store: Store, study: StudyRecord, argument: string): Promise<TrialRecord> {
  if (argument === 'best') {
    const [best] = await store.trials(study.id, { states: ['completed'], top: 1 });
    if (best !== undefined) return best;
    throw new CliFailure(
      'NO_COMPLETED_TRIAL',
      `${store.location} has no completed trial yet, so none is best.`,
    );
  }
  return store.trial(study.id, Number(argument));
}

/** Before the study is opened: a misspelt name is no reason to look for one. */
function refuseOtherWords(argument: string): void {
  if (argument === 'best' || /^\d+$/.test(argument)) return;
  throw new CliFailure('NOT_A_TRIAL', `${JSON.stringify(argument)} is no trial. Give ${TRIAL_HELP}.`, {
    exitCode: 2,
  });
}
