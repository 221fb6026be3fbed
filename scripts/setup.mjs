// Sets up a fresh clone: system packages, npm packages, the libtorch addon, TypeScript.
//
//   node scripts/setup.mjs              what a search needs
//   node scripts/setup.mjs --for-tests  also what the tests need (PyTorch to compare with, PostgreSQL)
//   node scripts/setup.mjs --check      only say what is missing; change nothing
//
// No dependencies: it runs before `npm ci`. It is quick when nothing is to be done, says what it does, and
// ends with the one command that mends what it may not mend itself.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const flags = new Set(process.argv.slice(2));
const forTests = flags.has('--for-tests');
const checkOnly = flags.has('--check');
for (const flag of flags) {
  if (!['--for-tests', '--check'].includes(flag))
    fail(`unknown option ${flag}; known: --for-tests, --check`, 2);
}

const started = Date.now();
const done = [];

requireNode();
systemPackages();
npmPackages();
addon();
typescript();
say(done.length === 0 ? 'everything is in place' : `ready in ${seconds(started)} s: ${done.join(', ')}`);

// ---------------------------------------------------------------------------------------------------------

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 11)) {
    fail(
      `Node.js ${process.versions.node} is too old: Nascent needs 20.11 or newer. Install it from your distribution or nodejs.org.`,
    );
  }
}

/** What is looked for, how, and the Debian package that brings it. */
function missingPackages() {
  const wanted = [
    { what: 'make', found: onPath('make'), debian: 'make', fedora: 'make', brew: 'make' },
    {
      what: 'a C++ compiler (g++ or clang++)',
      found: onPath('g++') || onPath('clang++'),
      debian: 'g++',
      fedora: 'gcc-c++',
      brew: 'gcc',
    },
    { what: 'cmake', found: onPath('cmake'), debian: 'cmake', fedora: 'cmake', brew: 'cmake' },
    {
      what: 'python3 (node-gyp needs it to compile SQLite)',
      found: onPath('python3'),
      debian: 'python3',
      fedora: 'python3',
      brew: 'python3',
    },
  ];
  const engine = findLibtorch();
  wanted.push({
    what: 'libtorch',
    found: engine !== null,
    debian: 'libtorch-dev',
    fedora: 'pytorch-devel',
    brew: 'pytorch',
  });
  if (engine === null || engine.from === 'system') {
    // Debian's libtorch without OpenBLAS multiplies matrices with the reference BLAS, fifteen times slower.
    wanted.push({
      what: 'OpenBLAS',
      found: process.platform !== 'linux' || hasOpenBlas(),
      debian: 'libopenblas0-pthread',
      fedora: 'openblas',
      brew: 'openblas',
    });
  }
  if (forTests) {
    wanted.push({
      what: 'PyTorch for the comparison tests',
      found: pythonWithTorch() !== null,
      debian: 'python3-torch',
      fedora: 'python3-torch',
      brew: 'pytorch',
    });
    // A server that NASCENT_TEST_POSTGRES names is enough for all tests but those that kill one.
    wanted.push({
      what: "PostgreSQL's server for the store's tests (they start one of their own; none needs to run)",
      found: Boolean(process.env.NASCENT_TEST_POSTGRES) || hasPostgresServer(),
      debian: 'postgresql',
      fedora: 'postgresql-server',
      brew: 'postgresql',
    });
  }
  return wanted.filter((item) => !item.found);
}

function systemPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return;
  say(`missing: ${missing.map((item) => item.what).join(', ')}`);
  const names = (key) => [...new Set(missing.map((item) => item[key]))].join(' ');
  const debian = isDebianLike();
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  const command = debian
    ? `${asRoot.join('')} apt-get update && ${asRoot.join('')} apt-get install -y ${names('debian')}`.replaceAll(
        /(^| ) +/g,
        '$1',
      )
    : process.platform === 'darwin'
      ? `brew install ${names('brew')}`
      : onPath('dnf')
        ? `sudo dnf install -y ${names('fedora')}`
        : `install with your package manager (Debian names): ${names('debian')}`;
  const hint =
    'Or point LIBTORCH at an unpacked libtorch from pytorch.org, or NASCENT_PYTHON at a python that has torch.';
  if (checkOnly) fail(`not set up. Run:\n\n    ${command}\n\n${hint}`);
  const maySudo = asRoot.length === 0 || (onPath('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0);
  if (!debian || !maySudo)
    fail(`these cannot be installed from here. Run this, then try again:\n\n    ${command}\n\n${hint}`);

  say(`installing Debian packages: ${names('debian')}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...words) => run([...asRoot, 'apt-get', '-q', ...words], { env: environment, quiet: true });
  if (apt('update') !== 0) say('`apt-get update` failed; trying with the package lists at hand');
  const packages = names('debian').split(' ');
  const installed = withoutCluster(packages.includes('postgresql'), asRoot, () =>
    apt('install', '-y', '--no-install-recommends', ...packages),
  );
  if (installed !== 0) {
    fail(`apt-get could not install them. Run this and read what it says:\n\n    ${command}\n`);
  }
  const still = missingPackages();
  if (still.length > 0)
    fail(
      `still missing after the installation: ${still.map((item) => item.what).join(', ')}. Run:\n\n    ${command}\n\n${hint}`,
    );
  done.push(`Debian packages (${names('debian') || missing.map((item) => item.debian).join(' ')})`);
}

/**
 * Debian's PostgreSQL makes a database cluster and starts it on port 5432, unless this file says otherwise; the tests
 * want the programs only. Afterwards the file is the one of the package again.
 */
function withoutCluster(wanted, asRoot, install) {
  const file = '/etc/postgresql-common/createcluster.conf';
  if (!wanted || existsSync(file)) return install();
  say('of PostgreSQL only the programs: no database cluster is made, no server started');
  const shell = (script) => run([...asRoot, 'sh', '-c', script], { quiet: true });
  shell(`mkdir -p ${dirname(file)} && echo 'create_main_cluster = false' > ${file}`);
  try {
    return install();
  } finally {
    shell(`cp /usr/share/postgresql-common/createcluster.conf ${file} || rm -f ${file}`);
  }
}

function npmPackages() {
  // The lock file decides: the same lock with the same Node needs no second installation.
  const lock = readFileSync(join(root, 'package-lock.json'));
  const manifest = readFileSync(join(root, 'package.json'));
  const stamp = createHash('sha256').update(lock).update(manifest).update(process.version).digest('hex');
  const stampFile = join(root, 'node_modules', '.nascent-setup');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  if (checkOnly) fail('npm packages are not installed. Run: npm run setup');
  say('npm ci (compiles SQLite: a minute or two)');
  const environment = { ...process.env };
  // Headers of the Node that runs: without them node-gyp would try to download them.
  const home = dirname(dirname(realpathSync(process.execPath)));
  if (existsSync(join(home, 'include', 'node', 'node_api.h'))) environment.npm_config_nodedir = home;
  if (run(['npm', 'ci'], { env: environment, quiet: true }) !== 0) {
    fail(
      '`npm ci` failed. Run `npm ci` by hand and read its first error; without a network, the npm cache must hold the packages.',
    );
  }
  writeFileSync(stampFile, stamp);
  done.push('npm packages');
}

function addon() {
  const build = join(root, 'packages', 'torch', 'native', 'build.mjs');
  const before = Date.now();
  if (run([process.execPath, build, ...(checkOnly ? ['--check'] : [])]) !== 0) {
    fail(
      'the libtorch addon is not built. What the compiler said stands above; after mending it run: npm run setup',
    );
  }
  if (Date.now() - before > 5000) done.push('the libtorch addon');
}

function typescript() {
  if (checkOnly) {
    if (!existsSync(join(root, 'packages', 'nascent', 'dist', 'cli', 'main.js')))
      fail('TypeScript is not built. Run: npm run setup');
    return;
  }
  const fresh = !existsSync(join(root, 'packages', 'nascent', 'dist'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (run([process.execPath, tsc, '-b', 'packages/torch', 'packages/nascent']) !== 0) {
    fail('TypeScript did not compile; the errors stand above.');
  }
  if (fresh) done.push('TypeScript');
}

// ---------------------------------------------------------------------------------------------------------

/** Where libtorch comes from, in the order in which the addon's build looks for it; null if nowhere. */
function findLibtorch() {
  const given = process.env.LIBTORCH;
  if (given) {
    if (existsSync(join(given, 'share', 'cmake', 'Torch', 'TorchConfig.cmake'))) return { from: 'LIBTORCH' };
    fail(
      `LIBTORCH is ${given}, but there is no share/cmake/Torch/TorchConfig.cmake in it. Point it at the folder that holds include/, lib/ and share/, or unset it.`,
    );
  }
  const python = pythonWithTorch();
  if (python !== null && existsSync(join(python.cmakePrefix, 'Torch', 'TorchConfig.cmake')))
    return { from: 'python' };
  for (const base of ['/usr/lib', '/usr/local/lib', '/usr/local', '/usr', '/opt/homebrew']) {
    const places = [
      base,
      ...(existsSync(base) && base.endsWith('lib') ? readdirSync(base).map((name) => join(base, name)) : []),
    ];
    for (const place of places) {
      for (const inner of ['cmake/Torch', 'share/cmake/Torch']) {
        if (existsSync(join(place, inner, 'TorchConfig.cmake'))) return { from: 'system' };
      }
    }
  }
  return null;
}

/** The first python that imports torch, with its cmake prefix; `python3` on the PATH need not be that one. */
function pythonWithTorch() {
  for (const python of [process.env.NASCENT_PYTHON, '/usr/bin/python3', 'python3']) {
    if (!python || (python.includes('/') && !existsSync(python))) continue;
    const answer = spawnSync(python, ['-c', 'import torch; print(torch.utils.cmake_prefix_path)'], {
      encoding: 'utf8',
    });
    if (answer.status === 0) return { python, cmakePrefix: answer.stdout.trim() };
  }
  return null;
}

function hasOpenBlas() {
  const answer = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  return answer.status === 0 && /libopenblas\.so/.test(answer.stdout);
}

/** Debian keeps a server's programs out of the PATH. */
function hasPostgresServer() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const complete = (folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name)));
  return (
    versions.some((version) => complete(join(debian, version, 'bin'))) ||
    (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && complete(folder))
  );
}

function isDebianLike() {
  if (!existsSync('/etc/os-release') || !onPath('apt-get')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function onPath(program) {
  return (process.env.PATH ?? '')
    .split(':')
    .some((folder) => folder !== '' && existsSync(join(folder, program)));
}

/** Runs a command in the root; `quiet` shows its output only when it fails. */
function run([program, ...words], { env = process.env, quiet = false } = {}) {
  const answer = spawnSync(program, words, {
    cwd: root,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (answer.error) fail(`cannot start ${program}: ${answer.error.message}`);
  if (quiet && answer.status !== 0) {
    const log = join(root, '.nascent', 'setup.log');
    mkdirSync(dirname(log), { recursive: true });
    writeFileSync(log, `${answer.stdout}\n${answer.stderr}`);
    process.stderr.write(
      `${`${answer.stdout}\n${answer.stderr}`.trim().split('\n').slice(-25).join('\n')}\n(whole output: ${resolve(log)})\n`,
    );
  }
  return answer.status ?? 1;
}

function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(0);
}

function say(line) {
  console.log(`setup: ${line}`);
}

function fail(message, code = 1) {
  console.error(`setup: ${message}`);
  process.exit(code);
}
