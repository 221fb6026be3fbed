import { Socket } from 'node:net';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg, { type ClientConfig, type PoolClient } from 'pg';

const connectTimeoutMs = 10_000;
/** After this long without a word from the server the system asks whether it is still there. */
const keepAliveAfterMs = 10_000;
/** The server ends a statement that takes too long. What it never answers is given up here, this much later. */
const answerGraceMs = 5000;
/** A transaction that stands still holds locks: its process was suspended, or its machine is cut off. */
const idleInTransactionMs = 10_000;
const closeWaitMs = 3000;

export interface PoolOptions {
  readonly connectionString: string;
  readonly connections: number;
  readonly lockTimeoutMs: number;
  /** 0: never. */
  readonly statementTimeoutMs: number;
  readonly readOnly: boolean;
  /** Where table names without a schema are looked up. */
  readonly schema: string;
}

/** A client whose connection can be cut from here, whatever state it is in. */
class CuttableClient extends pg.Client {
  readonly #socket: Socket;

  constructor(config: ClientConfig) {
    const socket = new Socket();
    // The limit is for connecting, here; given to the pool it would also be one for waiting for a free connection.
    super({ ...config, stream: () => socket, connectionTimeoutMillis: connectTimeoutMs });
    this.#socket = socket;
  }

  cut(): void {
    this.#socket.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
  }
}

/**
 * A pool of connections as Kysely takes it. A lost connection rejects what was running on it, and nothing else: the
 * process lives on, and the next query gets a new connection.
 */
export function openPool(options: PoolOptions): PostgresPool {
  const { connectionString, connections, statementTimeoutMs } = options;
  const live = new Set<PoolClient>();
  const ready = new WeakSet<PoolClient>();
  const pool = new pg.Pool({
    connectionString,
    max: connections,
    application_name: 'nascent',
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    // Of these connections alone: others that use the driver in this process keep its own types.
    types: { getTypeParser: typeParser },
    // The pool makes each with its options, which the declaration does not say.
    Client: CuttableClient as unknown as new () => CuttableClient,
  });
  // Node ends a process where nobody hears an emitter's `error`. Whoever waits for an answer is told anyway.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', () => {});
    live.add(client);
    client.once('end', () => live.delete(client));
  });

  return {
    async connect() {
      const client = await pool.connect();
      const guarded = guard(client, statementTimeoutMs === 0 ? null : statementTimeoutMs + answerGraceMs);
      if (!ready.has(client)) {
        try {
          await guarded.query(settings(options), []);
        } catch (thrown) {
          client.release(true);
          throw thrown;
        }
        ready.add(client);
      }
      return guarded;
    },
    async end() {
      const late = setTimeout(() => {
        for (const client of live) cut(client);
      }, closeWaitMs);
      try {
        await pool.end();
        await Promise.all([...live].map(ended));
      } finally {
        clearTimeout(late);
      }
    },
  };
}

/** By statements, not by parameters of the connection's start, which connection poolers refuse. */
function settings({ schema, lockTimeoutMs, statementTimeoutMs, readOnly }: PoolOptions): string {
  return [
    `set search_path to "${schema}"`,
    `set lock_timeout to ${lockTimeoutMs}`,
    `set statement_timeout to ${statementTimeoutMs}`,
    `set idle_in_transaction_session_timeout to ${idleInTransactionMs}`,
    'set extra_float_digits to 3', // doubles bit for bit, also where the server is told otherwise
    "set default_transaction_isolation to 'read committed'",
    ...(readOnly ? ['set default_transaction_read_only to on'] : []),
  ].join('; ');
}

/** @param answerMs after which a connection that does not answer is cut; null: never */
function guard(client: PoolClient, answerMs: number | null): PostgresPoolClient {
  async function query(sql: unknown, parameters: readonly unknown[] = []) {
    if (typeof sql !== 'string') throw new Error('cursors are not used here');
    const late = answerMs === null ? undefined : setTimeout(() => cut(client), answerMs);
    try {
      // Without parameters the driver takes several statements in one string.
      return await (parameters.length === 0 ? client.query(sql) : client.query(sql, parameters.map(exact)));
    } finally {
      clearTimeout(late);
    }
  }
  // Kysely's declaration has a second form, for cursors.
  return { query: query as unknown as PostgresPoolClient['query'], release: () => client.release() };
}

/** Not `once`, which rejects where the connection had to be cut: that one is closed as well. */
function ended(client: PoolClient): Promise<void> {
  return new Promise((resolve) => {
    client.once('end', resolve);
  });
}

function cut(client: PoolClient): void {
  if (client instanceof CuttableClient) client.cut();
}

/** The driver would write −0 as 0. */
function exact(value: unknown): unknown {
  return Object.is(value, -0) ? '-0' : value;
}

const INT8 = 20;

/** bigint and count(*) as numbers: the store's integers stay below 2^53. */
const typeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (oid === INT8 && format !== 'binary') return Number;
  return format === 'binary' ? pg.types.getTypeParser(oid, format) : pg.types.getTypeParser(oid, 'text');
};
