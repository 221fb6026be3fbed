import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/** Studies that many processes run at once: replicas, workers, parameter-server shards with their gradients. */
export const sharedStudies: Migration = {
  version: 3,
  breaking: true,
  async up(db, types) {
    const { schema } = db;
    await schema
      .createTable('shared_studies')
      .addColumn('study_id', types.integer, (column) => column.primaryKey().references('studies.id'))
      .addColumn('accumulate', types.integer, (column) => column.notNull())
      .addColumn('baseline', types.real)
      .addColumn('begun_at', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('replicas')
      .addColumn('study_id', types.integer, (column) => column.notNull().references('studies.id'))
      .addColumn('replica', types.integer, (column) => column.notNull())
      .addColumn('owner', 'text')
      .addColumn('sequence', types.integer, (column) => column.notNull())
      .addColumn('seen_ms', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('replicas_primary_key', ['study_id', 'replica'])
      .execute();
    await schema
      .createTable('workers')
      .addColumn('study_id', types.integer, (column) => column.notNull().references('studies.id'))
      .addColumn('worker', 'text', (column) => column.notNull())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('capability', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('activity', 'text', (column) => column.notNull())
      .addColumn('joined_ms', types.integer, (column) => column.notNull())
      .addColumn('seen_ms', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('workers_primary_key', ['study_id', 'worker'])
      .execute();
    // The first version's table of this name was never written to.
    await schema.dropTable('shards').execute();
    await schema
      .createTable('shards')
      .addColumn('study_id', types.integer, (column) => column.notNull().references('studies.id'))
      .addColumn('shard', types.integer, (column) => column.notNull())
      .addColumn('version', types.integer, (column) => column.notNull())
      .addColumn('parameters', types.bytes, (column) => column.notNull())
      .addColumn('optimiser', types.bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint('shards_primary_key', ['study_id', 'shard'])
      .execute();
    if (types.bytes === 'bytea') {
      // Floats do not shrink; trying to costs a push more than writing them.
      await sql`alter table shards alter column parameters set storage external, alter column optimiser set storage external`.execute(
        db,
      );
    }
    await schema
      .createTable('gradients')
      .addColumn('study_id', types.integer, (column) => column.notNull().references('studies.id'))
      .addColumn('replica', types.integer, (column) => column.notNull())
      .addColumn('sequence', types.integer, (column) => column.notNull())
      .addColumn('trials', types.integer, (column) => column.notNull())
      .addColumn('staleness', 'text', (column) => column.notNull())
      .addColumn('applied_ms', types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('gradients_primary_key', ['study_id', 'replica', 'sequence'])
      .execute();
    // SQLite adds one column at a time.
    await schema.alterTable('trials').addColumn('replica', types.integer).execute();
    await schema.alterTable('trials').addColumn('consumed', types.integer).execute();
    await schema.alterTable('trials').addColumn('charged_seconds', types.real).execute();
    await schema.alterTable('trials').addColumn('worker_name', 'text').execute();
    await schema
      .createIndex('trials_by_consumption')
      .on('trials')
      .columns(['study_id', 'consumed', 'replica'])
      .execute();
  },
};
