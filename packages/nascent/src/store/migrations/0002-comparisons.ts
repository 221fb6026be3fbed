import type { Migration } from './migration.ts';

/** Comparisons: whole runs, and the evaluations that strategies share. */
export const comparisons: Migration = {
  version: 2,
  breaking: false,
  async up(db, types) {
    const { schema } = db;
    await schema
      .createTable('comparisons')
      .addColumn('id', types.serial, (column) => column.primaryKey())
      .addColumn('config', 'text', (column) => column.notNull())
      .addColumn('space', 'text', (column) => column.notNull())
      .addColumn('evaluator_identity', 'text', (column) => column.notNull())
      .addColumn('code_version', 'text', (column) => column.notNull())
      .addColumn('dataset_checksum', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('owner', 'text')
      .execute();
    await schema
      .createTable('runs')
      .addColumn('comparison_id', types.integer, (column) => column.notNull().references('comparisons.id'))
      .addColumn('strategy', 'text', (column) => column.notNull())
      .addColumn('seed', types.integer, (column) => column.notNull())
      .addColumn('identity', 'text', (column) => column.notNull())
      .addColumn('code_version', 'text', (column) => column.notNull())
      .addColumn('clock', 'text', (column) => column.notNull())
      .addColumn('finals', 'text')
      .addColumn('record', types.bytes, (column) => column.notNull())
      .addColumn('committed_at', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('runs_primary_key', ['comparison_id', 'strategy', 'seed'])
      .execute();
    await schema
      .createTable('evaluations')
      .addColumn('comparison_id', types.integer, (column) => column.notNull().references('comparisons.id'))
      .addColumn('architecture_key', 'text', (column) => column.notNull())
      .addColumn('replicate', types.integer, (column) => column.notNull())
      .addColumn('result', 'text', (column) => column.notNull())
      .addColumn('seconds', types.real, (column) => column.notNull())
      .addColumn('made_at', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('evaluations_primary_key', ['comparison_id', 'architecture_key', 'replicate'])
      .execute();
    await schema
      .createTable('comparison_events')
      .addColumn('id', types.serial, (column) => column.primaryKey())
      .addColumn('comparison_id', types.integer, (column) => column.notNull().references('comparisons.id'))
      .addColumn('at', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .execute();
  },
};
