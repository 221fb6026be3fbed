import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { byDatabaseClock, nameOf, neverSent, onlyNoted, presentOf } from './database-clock.ts';

const texts = z.record(z.string(), z.string());
const installed = z
  .object({ SQL_COMMANDS: texts, SQL_MIGRATIONS: texts })
  .parse(createRequire(import.meta.url)('bullmq/dist/cjs/postgres/sql-scripts.js'));
const statements = new Map(
  Object.entries(installed.SQL_COMMANDS).map(([file, text]) => [file.replace(/\.sql$/, ''), text]),
);

/** Parameters by which BullMQ's functions are told a moment. */
const moment = /\bp_(now|ts|timestamp|finished_on|process_at|delayed_timestamp)\b/;

/** Functions that are told a moment, by their latest definition. */
const told = new Set<string>();
for (const text of Object.values(installed.SQL_MIGRATIONS)) {
  for (const [, name = '', parameters = ''] of text.matchAll(
    /CREATE (?:OR REPLACE )?FUNCTION (\w+)\s*\(([\s\S]*?)\)\s*RETURNS/g,
  )) {
    if (moment.test(parameters)) told.add(name);
    else told.delete(name);
  }
}

/** Statements of the installed BullMQ that carry a moment: by what they call, or by what their comment says. */
const withMoment = [...statements]
  .filter(([, text]) => {
    const called = [...text.replace(/--.*$/gm, '').matchAll(/(\w+)\s*\(/g)].map(([, name = '']) => name);
    const comment = [...text.matchAll(/--.*$/gm)].join('\n');
    return (
      called.some((name) => told.has(name)) || /\$\d+\s+(now|now_ms|timestamp)\b|\$\d \(Unix/.test(comment)
    );
  })
  .map(([name]) => name)
  .sort();

describe('the database’s clock', () => {
  it('covers every statement of the installed BullMQ that carries a moment', () => {
    // A newer BullMQ has one more, or one less: read what it does with the moment, then name it in database-clock.ts.
    expect(withMoment).toEqual([...Object.keys(presentOf), ...onlyNoted, ...neverSent].sort());
  });

  it('knows each of them by its text', () => {
    for (const name of withMoment) expect(nameOf(statements.get(name) ?? '')).toBe(name);
  });

  it('stands in the place of the client’s', () => {
    expect(byDatabaseClock(statements.get('move_to_active') ?? '').trim()).toBe(
      'SELECT * FROM move_to_active($1, $2, $3, ' +
        '((extract(epoch from clock_timestamp()) * 1000)::bigint + 0 * $4::bigint), $5, $6, $7);',
    );
    expect(byDatabaseClock(statements.get('extend_locks') ?? '')).toContain(
      'SET locked_until_ms = ((extract(epoch from clock_timestamp()) * 1000)::bigint + 0 * $5::bigint) + $4::bigint',
    );
    for (const [name, parameter] of Object.entries(presentOf)) {
      expect(byDatabaseClock(statements.get(name) ?? '')).toContain(`0 * $${parameter}::bigint`);
    }
  });

  it('leaves everything else as it is', () => {
    const text = statements.get('add_jobs_bulk') ?? '';
    expect(byDatabaseClock(text)).toBe(text);
  });

  it('refuses statements that would go by this machine’s clock', () => {
    for (const name of neverSent) expect(() => byDatabaseClock(statements.get(name) ?? '')).toThrow(name);
  });
});
