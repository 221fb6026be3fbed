import type { Migration } from './migration.ts';

/** The best of very many trials are found without reading the others. */
export const trialsByReward: Migration = {
  version: 4,
  breaking: false,
  async up(db) {
    await db.schema
      .createIndex('trials_by_reward')
      .on('trials')
      .columns(['study_id', 'reward desc', 'number'])
      .execute();
  },
};
