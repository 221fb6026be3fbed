import { firstTables } from './0001-first-tables.ts';
import { comparisons } from './0002-comparisons.ts';
import { sharedStudies } from './0003-shared-studies.ts';
import { trialsByReward } from './0004-trials-by-reward.ts';
import type { Migration } from './migration.ts';

/** Every step of the schema, in order; step n leads from version n − 1 to n. */
export const migrations: readonly Migration[] = [firstTables, comparisons, sharedStudies, trialsByReward];

/** The schema version that this Nascent reads and writes. */
export const schemaVersion = migrations.length;
