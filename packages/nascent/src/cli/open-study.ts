import { relative, resolve } from 'node:path';
import { openStore } from '../store/open-store.ts';
import type { Store, StudyRecord } from '../store/store.ts';
import type { CliContext } from './context.ts';

/** The study file where `--study` is not given. */
export const DEFAULT_STUDY = 'nascent.db';

/** The location as the store takes it: URLs as they are, file names relative to where the command was started. */
export function studyLocation(context: CliContext, given: string | undefined): string {
  const location = given ?? DEFAULT_STUDY;
  return location.includes('://') ? location : resolve(context.cwd, location);
}

/** A study's location as one would type it here: short where it lies below, else whole. */
export function locationText(context: CliContext, location: string): string {
  const short = relative(context.cwd, location);
  return location.includes('://') || short.startsWith('..') ? location : short;
}

/** Opens a study for reading, hands it to `use`, and closes it whatever happens. */
export async function readStudy<T>(
  context: CliContext,
  given: string | undefined,
  use: (store: Store, study: StudyRecord) => Promise<T>,
): Promise<T> {
  const store = await openStore(studyLocation(context, given), { access: 'read' });
  try {
    return await use(store, await store.study());
  } finally {
    await store.close();
  }
}
