import { execFileSync } from 'node:child_process';
import { chmod, chown, readFile, stat } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { messageOf, NascentError } from '../../src/errors.ts';
import {
  StoreAccessDeniedError,
  StoreBusyError,
  StoreFullError,
  StoreTlsError,
  StoreUnreachableError,
} from '../../src/store/errors.ts';
import { connectStore, openStore } from '../../src/store/open-store.ts';
import { translatePostgresError } from '../../src/store/postgres/translate.ts';
import { inTransaction } from '../../src/store/sql/in-transaction.ts';
import type { Store } from '../../src/store/store.ts';
import { privatePostgres } from '../postgres-server.ts';
import { epoch, me, newStudy, newTrial } from './store-contract.ts';

const server = await privatePostgres({ fsync: true });

describe.skipIf(server === null)('a PostgreSQL store whose server or network fails', () => {
  if (server === null) return; // said aloud by `privatePostgres`
  let database: string;
  const url = () => server.url(database);
  const create = { access: 'create' } as const;
  const begun = async (): Promise<{ store: Store; id: number }> => {
    const store = await openStore(url(), create);
    const { id } = await store.createStudy(newStudy);
    await store.claim(id, me, () => 'alive');
    await store.ask(id, me, [newTrial(1)], { bytes: Uint8Array.of(1), from: 0 });
    await store.startTrial(id, me, 1);
    return { store, id };
  };

  beforeEach(async () => {
    database = await server.createDatabase();
  });
  afterAll(() => server.dispose(), 60_000);

  it('killed by SIGKILL: nothing acknowledged is lost, and the open store goes on when it is back', async () => {
    const { store, id } = await begun();
    let acknowledged = 0;
    let failures = 0;
    const writing = (async () => {
      for (let number = 1; number <= 300; ) {
        try {
          await store.appendEpoch(id, 1, 1, epoch(number, 0.5));
          acknowledged = number;
          number += 1;
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(StoreUnreachableError);
          failures += 1;
          await sleep(20);
        }
      }
    })();
    while (acknowledged < 50) await sleep(1);
    await server.kill();
    const before = acknowledged;
    await server.restart();
    // What was stored is seen by a store that was opened afterwards, before the writer has gone much further.
    const another = await openStore(url(), { access: 'read' });
    expect((await another.curve(id, 1)).length).toBeGreaterThanOrEqual(before);
    await another.close();
    await writing;
    expect(failures).toBeGreaterThan(0);
    expect((await store.curve(id, 1)).map((each) => each.epoch)).toEqual(
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
    expect(await store.trial(id, 1)).toMatchObject({ epochs: 300 });
    await store.close();
  }, 60_000);

  it('killed in the middle of a transaction: nothing of it is there, and the process lives', async () => {
    const { store, id } = await begun();
    const connection = await connectStore(url(), { access: 'write' });
    const half = inTransaction(connection, async (db) => {
      await db.updateTable('studies').set({ seed: 999 }).where('id', '=', id).execute();
      await server.kill();
      await sleep(200);
      await db.updateTable('studies').set({ seed: 998 }).where('id', '=', id).execute();
    });
    const translated = await half.then(
      () => null,
      (thrown: unknown) => connection.translate(thrown),
    );
    expect(translated).toBeInstanceOf(StoreUnreachableError);
    await server.restart();
    expect((await store.study()).seed).toBe(newStudy.seed);
    await connection.close();
    await store.close();
  });

  it('stopped in order, or connections ended by its administrator', async () => {
    const { store, id } = await begun();
    await server.query(
      'postgres',
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nascent'`,
    );
    await expect.poll(() => store.trialCount(id).catch(() => -1)).toBe(1);
    await server.stop();
    await expect(store.log(id, 'note')).rejects.toThrow(StoreUnreachableError);
    await expect(openStore(url(), create)).rejects.toThrow(/nothing answers at this address/);
    await server.restart();
    await store.log(id, 'note');
    expect(await store.logEntries(id)).toHaveLength(1);
    await store.close();
  });

  it('that falls silent is given up, and the connections with it', async () => {
    const { store, id } = await begun();
    await store.close();
    const network = await Network.to(new URL(url()));
    const far = await openStore(network.url(url()), { access: 'write', statementTimeoutMs: 200 });
    expect(await far.trialCount(id)).toBe(1);
    network.silent = true;
    // The statement's 200 ms and the 5 s in which the server should have said so.
    await expect(far.trialCount(id)).rejects.toThrow(StoreUnreachableError);
    network.silent = false;
    expect(await far.trialCount(id)).toBe(1);
    network.silent = true;
    const began = performance.now();
    await far.close();
    expect(performance.now() - began).toBeLessThan(5000);
    network.close();
  }, 30_000);

  it('a lock that somebody holds too long', async () => {
    const { store, id } = await begun();
    const patient = await openStore(url(), { access: 'write', lockTimeoutMs: 100 });
    const holder = await connectStore(url(), { access: 'write' });
    await inTransaction(holder, async (db) => {
      await db.selectFrom('studies').selectAll().forUpdate().execute();
      await expect(patient.release(id, me)).rejects.toThrow(StoreBusyError);
    });
    await patient.release(id, me);
    for (const each of [store, patient, holder]) await each.close();
  });

  it('deadlocks are resolved by running again what the server gave up', async () => {
    const { store, id } = await begun();
    await store.createStudy({ ...newStudy, name: 'second' });
    const connection = await connectStore(url(), { access: 'write' });
    let runs = 0;
    const lockBoth = (first: number, second: number) =>
      inTransaction(connection, async (db) => {
        runs += 1;
        await db.updateTable('studies').set({ seed: first }).where('id', '=', first).execute();
        await sleep(100);
        await db.updateTable('studies').set({ seed: second }).where('id', '=', second).execute();
      });
    await Promise.all([lockBoth(id, id + 1), lockBoth(id + 1, id)]);
    expect(runs).toBeGreaterThan(2);
    await connection.close();
    await store.close();
  });

  it('a process that is suspended inside a transaction does not hold its locks for long', async () => {
    const { store, id } = await begun();
    const suspended = await connectStore(url(), { access: 'write' });
    const half = inTransaction(suspended, async (db) => {
      await db.selectFrom('studies').selectAll().forUpdate().execute();
      await sleep(12_000); // the server waits for 10 s
      await db.updateTable('studies').set({ seed: 1 }).execute();
    }).catch((thrown: unknown) => suspended.translate(thrown));
    await sleep(100);
    await store.changeConfig(id, me, { trials: 9 }); // waits up to 15 s
    expect((await store.study()).config).toEqual({ trials: 9 });
    expect(await half).toBeInstanceOf(StoreUnreachableError);
    await suspended.close();
    await store.close();
  }, 30_000);

  it('a full disk of the server', () => {
    const full = Object.assign(new Error('could not extend file'), { code: '53100' });
    const at = { safe: 'postgres://h/nas', database: 'nas', user: null };
    expect(translatePostgresError(full, at, 'write')).toBeInstanceOf(StoreFullError);
    const connecting = Object.assign(new Error('could not write init file'), { code: 'XX000' });
    expect(translatePostgresError(connecting, at, 'read')).toBeInstanceOf(StoreFullError);
  });

  describe('passwords', () => {
    const { user, password } = server.locked;
    const withPassword = (text: string) => {
      const own = new URL(url());
      own.username = user;
      own.password = encodeURIComponent(text);
      return own.href;
    };
    beforeEach(() => server.query('postgres', `grant create on database ${database} to ${user}`));

    it('opens with the right one, from the URL or from PGPASSWORD, and never shows it', async () => {
      const store = await openStore(withPassword(password), create);
      expect(store.location).toBe(`postgres://${user}@${new URL(url()).host}/${database}`);
      await store.createStudy(newStudy);
      await store.close();
      process.env['PGPASSWORD'] = password;
      try {
        await (await openStore(store.location, create)).close();
      } finally {
        delete process.env['PGPASSWORD'];
      }
    });

    it('a wrong one, and none at all', async () => {
      await expect(openStore(withPassword('guess'), create)).rejects.toThrow(StoreAccessDeniedError);
      await expect(openStore(withPassword('guess'), create)).rejects.toThrow(
        /wrong password for user locked/,
      );
      const none = withPassword('x').replace(/:[^:@]*@/, '@');
      await expect(openStore(none, create)).rejects.toThrow(/wants a password for user locked, and none/);
    });

    it('a server without TLS, asked for it', async () => {
      const secured = `${withPassword(password)}?sslmode=require`;
      await expect(openStore(secured, create)).rejects.toThrow(StoreTlsError);
      await expect(openStore(secured, create)).rejects.toThrow(/sslmode/);
    });

    it('is not in the log of the server that refused it', async () => {
      const guess = 'Distinctive4711';
      await expect(openStore(withPassword(guess), create)).rejects.toThrow(StoreAccessDeniedError);
      const log = await readFile(join(server.directory, 'log'), 'utf8');
      expect(log).toMatch(/password authentication failed for user "locked"/);
      expect(log).not.toContain(guess);
    });

    it('no error shows one, encoded or not, in its message, its causes or its properties', async () => {
      const secret = fc.string({ minLength: 8, maxLength: 20, unit: 'binary' }).filter((text) => {
        return /\S{4}/.test(text) && !text.includes('\0');
      });
      const absent = new URL(url());
      const port = await unusedPort();
      const failing: ((text: string) => string)[] = [
        (text) => withPassword(text), // wrong
        (text) => withPassword(text).replace(database, 'nobody_made_this'),
        (text) => withPassword(text).replace(absent.host, `127.0.0.1:${port}`), // nobody answers
        (text) => withPassword(text).replace(absent.host, 'nowhere.invalid'),
        (text) => `${withPassword(text)}?sslmode=require`,
        (text) => `${withPassword(text)}?sslmode=verify-ca`,
        (text) => `${withPassword(text)}?sslmode=verify-full&sslrootcert=/no/such/file`,
        (text) => `${withPassword(text)}?sslmode=perhaps`,
        (text) => `${withPassword(text)}/a/b/c`,
        (text) => `${withPassword(text)}?password=${encodeURIComponent(text)}`,
        (text) => `postgres://${user}:${text}@${absent.host}/${database}`, // not encoded
        (text) => `mysql://${user}:${encodeURIComponent(text)}@${absent.host}/${database}`,
      ];
      await fc.assert(
        fc.asyncProperty(secret, fc.constantFrom(...failing), async (text, place) => {
          const location = place(text);
          const thrown: unknown = await openStore(location, create).then(
            () => null,
            (error: unknown) => error,
          );
          expect(thrown).toBeInstanceOf(NascentError);
          const said = [messageOf(thrown), inspect(thrown, { depth: 20, showHidden: true })].join('\n');
          for (const form of new Set([
            text,
            encodeURIComponent(text),
            encodeURI(text),
            new URL(withPassword(text)).password,
          ])) {
            expect(said).not.toContain(form);
          }
        }),
        { numRuns: 120 },
      );
    }, 60_000);
  });

  describe('TLS', () => {
    const certificate = join(server.directory, 'data', 'server.crt');
    beforeAll(async () => {
      const key = join(server.directory, 'data', 'server.key');
      // Debian's PostgreSQL brings openssl with it.
      const words = [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=db.example'],
        ...['-addext', 'subjectAltName=DNS:db.example', '-keyout', key, '-out', certificate],
      ];
      execFileSync('openssl', words, { stdio: 'ignore' });
      const { uid, gid } = await stat(join(server.directory, 'data'));
      for (const file of [key, certificate]) await chown(file, uid, gid);
      await chmod(key, 0o600);
      await server.query('postgres', 'alter system set ssl = on');
      await server.query('postgres', 'select pg_reload_conf()');
      // A new connection may still be served by the old settings for a moment.
      const secured = `${server.url('postgres')}?sslmode=require`;
      for (let attempt = 1; attempt <= 100; attempt += 1) {
        const thrown: unknown = await openStore(secured, { access: 'read' }).catch((error: unknown) => error);
        if (!(thrown instanceof StoreTlsError)) break;
        await sleep(50);
      }
    }, 60_000);

    it.each([
      ['without, where none is asked for', () => '', false],
      ['without, where it is switched off', () => '?sslmode=disable', false],
      ['with it, the certificate unchecked', () => '?sslmode=require', true],
      ['with it, the certificate checked', () => `?sslmode=verify-ca&sslrootcert=${certificate}`, true],
    ])('connects %s', async (_, parameters, encrypted) => {
      const connection = await connectStore(url() + parameters(), create);
      const { rows } = await sql<{ ssl: boolean }>`
        select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(connection.db);
      expect(rows).toEqual([{ ssl: encrypted }]);
      await connection.close();
    });

    it.each([
      ['a certificate of an unknown authority', () => '?sslmode=verify-full', /self-signed certificate/],
      [
        'a certificate of another host',
        () => `?sslmode=verify-full&sslrootcert=${certificate}`,
        /not in the cert's list|does not match certificate/,
      ],
      ['no authority to check against', () => '?sslmode=verify-ca', /sslrootcert/],
    ])('refuses %s', async (_, parameters, message) => {
      const opening = openStore(url() + parameters(), create);
      await expect(opening).rejects.toThrow(StoreTlsError);
      await expect(opening).rejects.toThrow(message);
    });
  });
});

/** A way to a server that can fall silent, as where a cable is pulled: no error, no answer. */
class Network {
  silent = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(target: URL): Promise<Network> {
    const { createConnection } = await import('node:net');
    const network: Network = new Network(
      // Half open: its own system's end of the connection must not answer for a server that is silent.
      createServer({ allowHalfOpen: true }, (near) => {
        const far = createConnection(Number(target.port), target.hostname);
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          network.#sockets.add(from);
          from.on('data', (bytes) => {
            if (!network.silent) to.write(bytes);
          });
          from.on('error', () => {});
          for (const end of ['end', 'close']) {
            from.on(end, () => {
              if (!network.silent) to.destroy();
            });
          }
        }
      }),
    );
    await new Promise<void>((resolve) => network.#server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  url(target: string): string {
    const own = new URL(target);
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('it listens on a port');
    own.port = String(address.port);
    return own.href;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

async function unusedPort(): Promise<number> {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const address = holder.address();
  await new Promise((resolve) => holder.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');
  return address.port;
}
