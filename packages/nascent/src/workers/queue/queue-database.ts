import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresConnection } from 'bullmq';
import type { PostgresPool } from 'kysely';
import pg from 'pg';
import { openPool } from '../../store/postgres/pool.ts';
import { parseStudyUrl, type StudyUrl } from '../../store/postgres/study-url.ts';
import { isConflict, translatePostgresError } from '../../store/postgres/translate.ts';
import { type Persistence, persistently } from '../../study/shared/persistently.ts';
import { byDatabaseClock } from './database-clock.ts';
import { prepareQueueSchema, QUEUE_SCHEMA, withQueueSchema } from './queue-schema.ts';

/** A connection as BullMQ declares it. */
type Listener = Awaited<ReturnType<PostgresConnection['pool']['connect']>>;

const connectTimeoutMs = 10_000;
const keepAliveAfterMs = 10_000;
/** No statement of a queue takes long; one that is not answered by then goes through a dead connection. */
const statementTimeoutMs = 10_000;
const lockTimeoutMs = 8000;
const conflictsAllowed = 5;

export interface QueueDatabaseOptions {
  readonly connections: number;
  /** False: nothing is made where there is no queue; the statement fails as it is. */
  readonly mayPrepare: boolean;
  /** Given: statements wait until the database answers, rather than reject. */
  readonly persistence?: Persistence;
}

/**
 * The database as BullMQ takes it, in the shape of a `pg.Pool`.
 *
 * Its statements go by the database's clock. A queue that was dropped is made again, empty: the store knows what was in
 * it. Errors are those of `store/errors.ts`, without the password.
 */
export class QueueDatabase {
  /** Read by BullMQ: connections that listen are watched by TCP. */
  readonly options = { keepAlive: true };
  readonly location: string;
  readonly #url: StudyUrl;
  readonly #settings: QueueDatabaseOptions;
  readonly #pool: PostgresPool;
  #preparing: Promise<void> | null = null;
  /** Since a statement last succeeded. */
  #failures = 0;

  /** @throws StoreUrlError */
  constructor(studyUrl: string, settings: QueueDatabaseOptions) {
    this.#url = parseStudyUrl(studyUrl);
    this.location = this.#url.safe;
    this.#settings = settings;
    this.#pool = openPool({
      connectionString: this.#url.connectionString,
      connections: settings.connections,
      lockTimeoutMs,
      statementTimeoutMs,
      readOnly: !settings.mayPrepare,
      schema: QUEUE_SCHEMA,
    });
  }

  /** @throws the errors of `store/errors.ts` */
  query<R>(statement: string, parameters: readonly unknown[] = []): Promise<{ rows: R[] }> {
    const sql = byDatabaseClock(statement);
    return this.#unhurried(() => this.#persist(() => this.#withSchema(() => this.#once<R>(sql, parameters))));
  }

  /** Makes the schema where it is missing. @throws the errors of `store/errors.ts` */
  prepare(): Promise<void> {
    return this.#withSchema(() => this.#prepareOnce());
  }

  /** A connection of its own, to listen on. */
  connect(): Promise<Listener> {
    return this.#persist(async () => {
      const client = new ListeningClient(this.#url.connectionString);
      try {
        await client.connect();
        return client as unknown as Listener; // its `on` is declared by overloads there, here by one generic
      } catch (thrown) {
        client.release();
        throw this.translate(thrown);
      }
    });
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }

  /** The driver's errors in the store's words. */
  translate(thrown: unknown): unknown {
    return translatePostgresError(thrown, this.#url, this.#settings.mayPrepare ? 'write' : 'read');
  }

  /** The pool behind this one has no events: what is lost is told to whoever waits for it. */
  on(): this {
    return this;
  }

  removeAllListeners(): this {
    return this;
  }

  async #once<R>(sql: string, parameters: readonly unknown[]): Promise<{ rows: R[] }> {
    for (let conflicts = 0; ; conflicts += 1) {
      const client = await this.#pool.connect();
      try {
        const { rows } = await client.query<R>(sql, parameters);
        return { rows: [...rows] };
      } catch (thrown) {
        if (!isConflict(thrown) || conflicts === conflictsAllowed) throw thrown;
      } finally {
        client.release();
      }
    }
  }

  async #withSchema<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await (this.#settings.mayPrepare ? withQueueSchema(work, () => this.#prepareOnce()) : work());
    } catch (thrown) {
      throw this.translate(thrown);
    }
  }

  /** BullMQ asks again at once where a statement fails. What always fails shall not be asked a thousand times a second. */
  async #unhurried<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      this.#failures = 0;
      return answer;
    } catch (thrown) {
      const { persistence } = this.#settings;
      if (persistence === undefined || isBullAnswer(thrown)) throw thrown;
      const waitMs = Math.min(100 * 2 ** this.#failures, 2000);
      this.#failures += 1;
      await sleep(waitMs, undefined, { signal: persistence.signal }).catch(() => {});
      throw thrown;
    }
  }

  /** Whoever asks while it is being made waits for that. */
  #prepareOnce(): Promise<void> {
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = null;
    });
    return this.#preparing;
  }

  async #prepare(): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await prepareQueueSchema(
        { query: (statement, parameters = []) => asRows(client.query(statement, parameters)) },
        this.location,
      );
    } finally {
      client.release();
    }
  }

  #persist<T>(work: () => Promise<T>): Promise<T> {
    const { persistence } = this.#settings;
    return persistence === undefined ? work() : persistently(work, persistence);
  }
}

/** BullMQ's functions answer by an error of this code that, say, a job is not there any more. */
function isBullAnswer(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'BM001';
}

async function asRows<R>(answer: Promise<{ readonly rows: readonly unknown[] }>): Promise<{ rows: R[] }> {
  const { rows } = await answer;
  return { rows: rows as R[] }; // what BullMQ itself says of its own tables
}

/** A connection that BullMQ hears of new jobs by. It gives it back by `release`, as to a pool. */
class ListeningClient extends pg.Client {
  constructor(connectionString: string) {
    super({
      connectionString,
      application_name: 'nascent queue',
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveAfterMs,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: statementTimeoutMs,
    });
  }

  release(): void {
    // BullMQ has taken its own listener away, and an error that nobody hears ends the process.
    this.on('error', () => {});
    this.end().catch(() => {}); // it was lost already
  }
}
