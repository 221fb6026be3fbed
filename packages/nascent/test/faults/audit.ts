import type { Query } from './facts.ts';

/*
 * An audit of a study that Nascent knows nothing of: triggers of the database write down every change of what counts, in
 * the transaction that makes it. A check then sees what happened, not only how it ended.
 */

/** What is noted of a row. Floating point numbers survive JSON: the database writes them as short as is exact. */
const noted = {
  trials: ['number', 'state', 'attempt', 'outcome', 'reward', 'score_value', 'replica', 'consumed'],
  gradients: ['replica', 'sequence', 'trials'],
  replicas: ['replica', 'sequence'],
  shared_studies: ['baseline'],
  shards: ['shard', 'version'],
} as const;

type AuditedTable = keyof typeof noted;

function noteOf(table: AuditedTable, row: 'old' | 'new'): string {
  const parts: string[] = noted[table].map((column) => `'${column}', ${row}.${column}`);
  if (table === 'shards') parts.push(`'digest', md5(${row}.parameters || '|'::bytea || ${row}.optimiser)`);
  return `jsonb_build_object(${parts.join(', ')})`;
}

function triggerOf(table: AuditedTable): string {
  return `
    create function audit.note_${table}() returns trigger language plpgsql as $$
    declare
      before jsonb := case when tg_op = 'INSERT' then null else ${noteOf(table, 'old')} end;
      after jsonb := case when tg_op = 'DELETE' then null else ${noteOf(table, 'new')} end;
    begin
      if before is distinct from after then
        insert into audit.changes (what, before, after) values ('${table}', before, after);
      end if;
      return null;
    end $$;
    create trigger audit after insert or update or delete on nascent.${table}
      for each row execute function audit.note_${table}()`;
}

/** Begins the audit of a database that has Nascent's tables and no study yet. */
export async function installAudit(query: Query): Promise<void> {
  await query('create schema audit');
  await query(`
    create table audit.changes (
      id bigserial primary key,
      transaction text not null default pg_current_xact_id()::text,
      at double precision not null default extract(epoch from clock_timestamp()) * 1000,
      what text not null,
      before jsonb,
      after jsonb
    )`);
  for (const table of Object.keys(noted) as AuditedTable[]) await query(triggerOf(table));
}
