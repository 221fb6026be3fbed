import type { Tables } from './tables.ts';

/** The tables whose rows belong to a study. */
export type StudyTable = {
  [Name in keyof Tables]: 'study_id' extends keyof Tables[Name] ? Name : never;
}[keyof Tables];

/**
 * For each of them the columns that, after the study, make up its key: none where a study has one row. A table that is
 * missing here does not compile. In this order rows refer only to rows before them.
 */
export const studyTables: { readonly [Name in StudyTable]: readonly (keyof Tables[Name] & string)[] } = {
  trials: ['number'],
  epochs: ['trial', 'epoch'],
  strategy_state: [],
  shared_studies: [],
  shards: ['shard'],
  replicas: ['replica'],
  workers: ['worker'],
  gradients: ['replica', 'sequence'],
  events: ['id'],
};
