import { relative, resolve } from 'node:path';
import { isUrl, openStore, shownLocation, studyNameOf } from '../store/open-store.ts';
import type { Store, StudyRecord } from '../store/store.ts';
import type { CliContext } from './context.ts';

/** The study file where `--study` is not given. */
export const DEFAULT_STUDY = 'nascent.db';

/** The location as the store takes it: URLs as they are, file names relative to where the command was started. */
export function studyLocation(context: CliContext, given: string | undefined): string {
  const location = given ?? DEFAULT_STUDY;
  return isUrl(location) ? location : resolve(context.cwd, location);
}

/** A study's location as one would type it here: short where it lies below, else whole; of a URL no password. */
export function locationText(context: CliContext, location: string): string {
  if (isUrl(location)) return shownLocation(location);
  const short = relative(context.cwd, location);
  return short.startsWith('..') ? location : short;
}

/** Opens a study for reading, hands it to `use`, and closes it whatever happens. */
export async function readStudy<T>(
  context: CliContext,
  given: string | undefined,
  use: (store: Store, study: StudyRecord) => Promise<T>,
): Promise<T> {
  const location = studyLocation(context, given);
  const store = await openStore(location, { access: 'read' });
  try {
    return await use(store, await store.study(studyNameOf(location)));
  } finally {
    await store.close();
  }
}
