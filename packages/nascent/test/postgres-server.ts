import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/*
 * PostgreSQL for tests. A run of the tests has one server of its own, begun by the first file that wants it and ended
 * with the run; each test makes databases in it. NASCENT_TEST_POSTGRES=postgres://… names another server instead. A
 * test that kills a server begins a private one.
 */

/** A server in which a test may make databases. */
export interface TestPostgres {
  /** The URL of one of its databases. */
  url(database: string): string;
  /** Makes an empty database. @returns its name */
  createDatabase(): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** Runs SQL as the server's superuser. */
  query(database: string, statement: string): Promise<readonly Record<string, unknown>[]>;
}

/** A server that a test may stop, kill and start again. */
export interface PrivatePostgres extends TestPostgres {
  /** Where it keeps everything. */
  readonly directory: string;
  /** A role that is asked for its password, which a private server's others are not. */
  readonly locked: { readonly user: string; readonly password: string };
  /** SIGKILL to the server: it has no time to write anything. */
  kill(): Promise<void>;
  /** Stops it in order; connections are cut. */
  stop(): Promise<void>;
  /** Starts it again on the same port, after `kill` or `stop`. */
  restart(): Promise<void>;
  /** Stops it for good and removes its folder. */
  dispose(): Promise<void>;
}

export interface PrivateOptions {
  /** Whether commits wait for the disk, as in earnest; off by default, since a test kills no machine. */
  readonly fsync?: boolean;
  /** Addresses beside the loopback's that may connect without a password, for example `10.0.0.0/8`. */
  readonly trusted?: string;
  /** Further settings of the server, for example `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const superuser = 'nas';
const locked = { user: 'locked', password: 'Zwölf/Boxkämpfer@40%' };

/**
 * The server of this run of the tests. Null where there is none to be had: the suites that need it are skipped, which
 * is said aloud, and with CI=true it is an error.
 */
export async function postgresForTests(): Promise<TestPostgres | null> {
  const given = process.env['NASCENT_TEST_POSTGRES'];
  if (given) return serverAt(given);
  if (serverBinaries() === null) return none();
  return sharedServer();
}

/** A server of the caller's own, for tests that kill it; null as `postgresForTests`. */
export async function privatePostgres(options: PrivateOptions = {}): Promise<PrivatePostgres | null> {
  if (serverBinaries() === null) return none();
  const directory = await mkdtemp(join(tmpdir(), 'nascent-postgres-'));
  endWithProcess(directory, process.pid);
  return begin(directory, options);
}

function none(): null {
  const what =
    'PostgreSQL is not installed here (no initdb in PATH or /usr/lib/postgresql), and NASCENT_TEST_POSTGRES names ' +
    'no server: the suites that need one ARE SKIPPED. Install it: npm run setup -- --for-tests';
  if (process.env['CI'] === 'true') throw new Error(what);
  console.warn(`\n*** ${what} ***\n`);
  return null;
}

/** The folder of PostgreSQL's programs; Debian keeps those of a server out of the PATH. */
function serverBinaries(): string | null {
  const places = (process.env['PATH'] ?? '').split(':');
  const debian = '/usr/lib/postgresql';
  if (existsSync(debian)) {
    const versions = spawnSync('ls', [debian], { encoding: 'utf8' }).stdout.trim().split('\n');
    const newest = versions.sort((a, b) => Number(b) - Number(a));
    places.push(...newest.map((version) => join(debian, version, 'bin')));
  }
  return places.find((place) => place !== '' && existsSync(join(place, 'initdb'))) ?? null;
}

// One server for all files of a run ------------------------------------------------------------------------

/**
 * Test files run in processes of their own, so the server is found by the process that started them all. Whoever makes
 * the folder first starts the server; the others wait until it is named.
 */
async function sharedServer(): Promise<TestPostgres> {
  const directory = join(tmpdir(), `nascent-postgres-run-${process.ppid}-${await startOf(process.ppid)}`);
  const address = join(directory, 'address');
  try {
    await mkdir(directory);
  } catch {
    return serverAt(await written(address));
  }
  endWithProcess(directory, process.ppid);
  try {
    const server = await begin(directory, { settings: { max_connections: '300' } });
    await writeFile(`${address}.new`, server.url('postgres'));
    await rename(`${address}.new`, address);
    return server;
  } catch (cause) {
    await writeFile(`${address}.failed`, String(cause));
    throw cause;
  }
}

async function written(file: string): Promise<string> {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 50) {
    if (existsSync(`${file}.failed`)) throw new Error(await readFile(`${file}.failed`, 'utf8'));
    if (existsSync(file)) return readFile(file, 'utf8');
    await sleep(50);
  }
  throw new Error(`no PostgreSQL was started within a minute: ${file} is not there`);
}

/** Tells apart two processes that were given the same number one after the other. */
async function startOf(pid: number): Promise<string> {
  try {
    const words = await readFile(`/proc/${pid}/stat`, 'utf8');
    return words.slice(words.lastIndexOf(')')).split(' ')[20] ?? '';
  } catch {
    return ''; // not Linux
  }
}

/** Ends the server and removes its folder when `owner` is gone, however it went. */
function endWithProcess(directory: string, owner: number): void {
  const script = `
    alive() { kill -0 ${owner} 2>/dev/null && ! grep -qs '^State:.Z' /proc/${owner}/status; }
    while alive && [ -d "$1" ]; do sleep 0.3; done
    for i in 1 2 3 4 5 6 7 8 9 10; do
      server=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$server" 2>/dev/null
      rm -rf "$1" 2>/dev/null && [ ! -e "$1" ] && exit
      sleep 0.3
    done`;
  spawn('sh', ['-c', script, 'sh', directory], { detached: true, stdio: 'ignore' }).unref();
}

// One server -----------------------------------------------------------------------------------------------

async function begin(
  directory: string,
  { fsync = false, trusted, settings = {} }: PrivateOptions,
): Promise<PrivatePostgres> {
  const bin = serverBinaries();
  if (bin === null) throw new Error('PostgreSQL is not installed');
  const data = join(directory, 'data');
  const log = join(directory, 'log');
  if (process.getuid?.() === 0) await run('chown', ['postgres', directory]); // it refuses to run as root
  const made = ['-D', data, '-U', superuser, '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await asServer(join(bin, 'initdb'), made);
  const access = join(data, 'pg_hba.conf');
  const rule = `host all ${locked.user} 127.0.0.1/32 scram-sha-256\n`;
  const others = trusted === undefined ? '' : `host all all ${trusted} trust\n`;
  await writeFile(access, rule + others + (await readFile(access, 'utf8')));
  const port = await freePort();
  const all = {
    listen_addresses: trusted === undefined ? '127.0.0.1' : '*',
    port: String(port),
    unix_socket_directories: directory,
    shared_buffers: '32MB',
    ...(fsync ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  const words = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
  const start = ['-D', data, '-w', '-t', '30', '-l', log, '-o', words.join(' '), 'start'];
  const up = async (): Promise<void> => {
    // Right after a SIGKILL the old backends hold its memory for a moment.
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await asServer(join(bin, 'pg_ctl'), start);
      } catch (cause) {
        if (attempt === 20) {
          throw new Error(`PostgreSQL does not start: ${await readFile(log, 'utf8')}`, { cause });
        }
        await sleep(500);
      }
    }
  };
  const stop = (mode: 'fast' | 'immediate') =>
    asServer(join(bin, 'pg_ctl'), ['-D', data, '-w', '-m', mode, 'stop']);
  await up();
  const server = serverAt(`postgres://${superuser}@127.0.0.1:${port}/postgres`);
  await server.query('postgres', `create role ${locked.user} login password '${locked.password}'`);
  return {
    directory,
    locked,
    ...server,
    stop: () => stop('fast'),
    async kill() {
      const [pid] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGKILL');
    },
    restart: up,
    async dispose() {
      if (existsSync(join(data, 'postmaster.pid'))) await stop('immediate').catch(() => {}); // killed already
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function serverAt(server: string): TestPostgres {
  const url = (database: string): string => {
    const own = new URL(server);
    own.pathname = `/${database}`;
    return own.href;
  };
  const query = async (database: string, statement: string) => {
    const client = new pg.Client({ connectionString: url(database) });
    await client.connect();
    try {
      const { rows } = await client.query<Record<string, unknown>>(statement);
      return rows;
    } finally {
      await client.end();
    }
  };
  const home = decodeURIComponent(new URL(server).pathname.slice(1)) || 'postgres';
  return {
    url,
    query,
    async createDatabase() {
      const name = `nascent_test_${process.pid}_${Math.random().toString(36).slice(2)}`;
      await query(home, `create database ${name}`);
      return name;
    },
    async dropDatabase(name) {
      await query(home, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Runs one of the server's programs as the user that the server runs as. */
function asServer(program: string, words: readonly string[]): Promise<void> {
  return process.getuid?.() === 0
    ? run('runuser', ['-u', 'postgres', '--', program, ...words])
    : run(program, words);
}

function run(program: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // The server keeps what it inherits open: what it says goes to its log, not into a pipe that never ends.
    const child = spawn(program, words, { cwd: '/', stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ${words.join(' ')} ended with ${String(code)}`)),
    );
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
