import type { Migration } from './migration.ts';

/** Studies, trials, epochs, strategy state, shards, events. */
export const firstTables: Migration = {
  version: 1,
  breaking: true,
  async up(db, types) {
    const { schema } = db;
    await schema
      .createTable('studies')
      .addColumn('id', types.serial, (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('config', 'text', (column) => column.notNull())
      .addColumn('seed', types.integer, (column) => column.notNull())
      .addColumn('space', 'text', (column) => column.notNull())
      .addColumn('evaluator_identity', 'text', (column) => column.notNull())
      .addColumn('strategy', 'text', (column) => column.notNull())
      .addColumn('code_version', 'text', (column) => column.notNull())
      .addColumn('dataset_checksum', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('owner', 'text')
      .execute();
    await schema
      .createTable('trials')
      .addColumn('study_id', types.integer, (column) => column.notNull().references('studies.id'))
      .addColumn('number', types.integer, (column) => column.notNull())
      .addColumn('tokens', 'text', (column) => column.notNull())
      .addColumn('architecture', 'text', (column) => column.notNull())
      .addColumn('architecture_key', 'text', (column) => column.notNull())
      .addColumn('seed', types.integer, (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('attempt', types.integer, (column) => column.notNull())
      .addColumn('child_failures', types.integer, (column) => column.notNull())
      .addColumn('outcome', 'text')
      .addColumn('reward', types.real)
      .addColumn('score_split', 'text')
      .addColumn('score_metric', 'text')
      .addColumn('score_value', types.real)
      .addColumn('parameters', types.integer)
      .addColumn('facts', 'text', (column) => column.notNull())
      .addColumn('reused_from', types.integer)
      .addColumn('epochs', types.integer, (column) => column.notNull())
      .addColumn('owner', 'text')
      .addColumn('queued_at', 'text', (column) => column.notNull())
      .addColumn('started_at', 'text')
      .addColumn('finished_at', 'text')
      .addColumn('seconds', types.real)
      .addColumn('worker', 'text')
      .addPrimaryKeyConstraint('trials_primary_key', ['study_id', 'number'])
      .execute();
    await schema.createIndex('trials_by_state').on('trials').columns(['study_id', 'state']).execute();
    await schema
      .createIndex('trials_by_architecture')
      .on('trials')
      .columns(['study_id', 'architecture_key'])
      .execute();
    await schema
      .createTable('epochs')
      .addColumn('study_id', types.integer, (column) => column.notNull())
      .addColumn('trial', types.integer, (column) => column.notNull())
      .addColumn('epoch', types.integer, (column) => column.notNull())
      .addColumn('training_loss', types.real)
      .addColumn('score_split', 'text', (column) => column.notNull())
      .addColumn('score_metric', 'text', (column) => column.notNull())
      .addColumn('score_value', types.real, (column) => column.notNull())
      .addColumn('elapsed_ms', types.real, (column) => column.notNull())
      .addPrimaryKeyConstraint('epochs_primary_key', ['study_id', 'trial', 'epoch'])
      .addForeignKeyConstraint('epochs_of_trial', ['study_id', 'trial'], 'trials', ['study_id', 'number'])
      .execute();
    await schema
      .createTable('strategy_state')
      .addColumn('study_id', types.integer, (column) => column.primaryKey().references('studies.id'))
      .addColumn('revision', types.integer, (column) => column.notNull())
      .addColumn('bytes', types.bytes, (column) => column.notNull())
      .addColumn('updated_at', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('shards')
      .addColumn('study_id', types.integer, (column) => column.notNull().references('studies.id'))
      .addColumn('shard', types.integer, (column) => column.notNull())
      .addColumn('revision', types.integer, (column) => column.notNull())
      .addColumn('bytes', types.bytes, (column) => column.notNull())
      .addColumn('updated_at', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('shards_primary_key', ['study_id', 'shard'])
      .execute();
    await schema
      .createTable('events')
      .addColumn('id', types.serial, (column) => column.primaryKey())
      .addColumn('study_id', types.integer, (column) => column.notNull().references('studies.id'))
      .addColumn('at', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .execute();
  },
};
