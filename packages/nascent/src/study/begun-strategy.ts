import { z } from 'zod';
import { StoreNotFoundError } from '../store/errors.ts';
import { openStore, studyNameOf } from '../store/open-store.ts';
import type { StudyConfig } from './config.ts';
import { existingStudy } from './open-study.ts';

const configSchema = z.looseObject({
  strategy: z.looseObject({ use: z.string(), options: z.record(z.string(), z.unknown()).optional() }),
});

/**
 * The strategy that a study was begun with, as its config has it.
 * @returns null where there is no study yet
 * @throws the errors of `store/errors.ts`, if there is something at this location that cannot be opened
 */
export async function begunStrategy(location: string): Promise<StudyConfig['strategy'] | null> {
  const store = await openStore(location, { access: 'write' }).catch((thrown: unknown) => {
    if (thrown instanceof StoreNotFoundError) return null;
    throw thrown;
  });
  if (store === null) return null;
  try {
    const study = await existingStudy(store, studyNameOf(location));
    const config = configSchema.safeParse(study?.config);
    if (!config.success) return null;
    const { use, options } = config.data.strategy;
    return { use, ...(options === undefined ? {} : { options }) };
  } finally {
    await store.close();
  }
}
