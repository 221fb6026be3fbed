#!/usr/bin/env node
// Builds the addon: packages/torch/build/nascent_torch.node. No dependencies, so that it runs before anything
// is installed. Quick when nothing has changed.
//
//   node packages/torch/native/build.mjs [--force] [--verbose]
//
// libtorch is looked for in this order: LIBTORCH (a folder with share/cmake/Torch), the PyTorch of the first
// Python that has one (NASCENT_PYTHON, /usr/bin/python3, python3), the system (Debian: libtorch-dev).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = dirname(fileURLToPath(import.meta.url));
const build = resolve(native, '../build');
const target = join(build, 'nascent_torch.node');
const stampFile = join(build, 'stamp.json');
const cmakeFolder = join(build, 'cmake');
const force = process.argv.includes('--force');
const verbose = process.argv.includes('--verbose');

function stop(problem, cure, detail = '') {
  const lines = [
    `The libtorch addon could not be built: ${problem}`,
    ...(detail ? [detail.trimEnd()] : []),
    `To mend it: ${cure}`,
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(1);
}

/** The command that installs what is missing, for this platform. */
function installCommand(debian, brew) {
  if (process.platform === 'darwin') return `brew install ${brew}`;
  return `sudo apt-get install --yes ${debian}`;
}

function nodeHeaders() {
  const folders = [resolve(process.execPath, '../../include/node'), '/usr/include/node'];
  const found = folders.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found === undefined) {
    stop(
      `Node's headers (node_api.h) are not beside ${process.execPath}`,
      "install Node from its official archive (https://nodejs.org), or Debian's libnode-dev",
      `Looked in: ${folders.join(', ')}`,
    );
  }
  return found;
}

/** @returns {{ origin: string, prefix: string }[]} where CMake may find Torch, best first */
function libtorchPlaces() {
  const places = [];
  const named = process.env.LIBTORCH;
  if (named) {
    if (!existsSync(join(named, 'share/cmake/Torch/TorchConfig.cmake'))) {
      stop(
        `LIBTORCH=${named} holds no share/cmake/Torch/TorchConfig.cmake`,
        'unset LIBTORCH, or point it at an unpacked libtorch',
      );
    }
    return [{ origin: `LIBTORCH=${named}`, prefix: named }];
  }
  const pythons = [process.env.NASCENT_PYTHON, '/usr/bin/python3', 'python3'].filter(Boolean);
  for (const python of new Set(pythons)) {
    // find_spec first: importing a missing torch is quick, but a present one takes seconds.
    const code =
      'import importlib.util as u,os;s=u.find_spec("torch");print(os.path.join(os.path.dirname(s.origin),"share","cmake") if s else "")';
    const answer = spawnSync(python, ['-c', code], { encoding: 'utf8' });
    const prefix = answer.status === 0 ? answer.stdout.trim() : '';
    // Debian's python3-torch carries no CMake files: its libtorch-dev is found as the system's.
    if (prefix && existsSync(join(prefix, 'Torch/TorchConfig.cmake')))
      places.push({ origin: `PyTorch of ${python}`, prefix });
  }
  const system = [
    '/usr/lib/x86_64-linux-gnu/cmake',
    '/usr/lib/aarch64-linux-gnu/cmake',
    '/usr/lib/cmake',
    '/usr/lib64/cmake',
    '/usr/local/lib/cmake',
    '/usr/local/share/cmake',
    '/usr/local/libtorch/share/cmake',
    '/opt/libtorch/share/cmake',
    '/opt/homebrew/share/cmake',
    '/usr/share/cmake',
  ];
  for (const prefix of system) {
    if (existsSync(join(prefix, 'Torch/TorchConfig.cmake'))) places.push({ origin: 'the system', prefix });
  }
  return places;
}

/** A digest of all that decides the addon's bytes. */
function stampOf(place, headers) {
  const hash = createHash('sha256');
  const sources = [
    'CMakeLists.txt',
    'libtorch.cmake',
    'build.mjs',
    ...readdirSync(join(native, 'src'))
      .sort()
      .map((name) => join('src', name)),
  ];
  for (const source of sources) hash.update(source).update(readFileSync(join(native, source)));
  const version = join(place.prefix, 'Torch/TorchConfigVersion.cmake');
  const libtorch = existsSync(version) ? readFileSync(version, 'utf8') : '';
  for (const part of [place.prefix, libtorch, headers, process.version, process.arch])
    hash.update(`\0${part}`);
  return hash.digest('hex');
}

function command(name, args, cure) {
  const ran = spawnSync(name, args, {
    encoding: 'utf8',
    stdio: verbose ? 'inherit' : 'pipe',
    maxBuffer: 1 << 28,
  });
  if (ran.error?.code === 'ENOENT')
    stop(`${name} is not installed`, installCommand('cmake g++ make', 'cmake'));
  if (ran.status === 0) return;
  const output = `${ran.stdout ?? ''}\n${ran.stderr ?? ''}`.split('\n');
  const errors = output.filter((line) => /error|fatal|not found/i.test(line));
  stop(`${name} failed`, cure, (errors.length > 0 ? errors : output).slice(0, 20).join('\n'));
}

const headers = nodeHeaders();
const [place] = libtorchPlaces();
if (place === undefined) {
  stop(
    'no libtorch was found (LIBTORCH, a Python with PyTorch, the system)',
    process.platform === 'linux'
      ? installCommand('libtorch-dev libopenblas0-pthread', '')
      : 'pip3 install torch   (or: brew install pytorch), then run this again',
  );
}
// The prefix of find_package: the folder that holds Torch/ or, for LIBTORCH, the root.
const prefix = existsSync(join(place.prefix, 'share/cmake/Torch'))
  ? join(place.prefix, 'share/cmake')
  : place.prefix;
const found = { ...place, prefix };
const stamp = stampOf(found, headers);
const earlier = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : {};
if (!force && earlier.stamp === stamp && existsSync(target)) {
  process.stdout.write(`libtorch addon: up to date (libtorch ${earlier.libtorch}, ${earlier.origin})\n`);
  process.exit(0);
}

const started = Date.now();
process.stdout.write(`libtorch addon: building against ${found.origin} (${found.prefix}) …\n`);
if (earlier.prefix !== found.prefix || force) rmSync(cmakeFolder, { recursive: true, force: true });
mkdirSync(cmakeFolder, { recursive: true });
const retry =
  'read the lines above; `node packages/torch/native/build.mjs --force --verbose` shows everything';
command(
  'cmake',
  [
    '-S',
    native,
    '-B',
    cmakeFolder,
    '-DCMAKE_BUILD_TYPE=Release',
    `-DNODE_INCLUDE=${headers}`,
    `-DTorch_DIR=${join(found.prefix, 'Torch')}`,
    `-DNASCENT_CXX_STANDARD=${process.env.NASCENT_CXX_STANDARD ?? ''}`,
  ],
  process.platform === 'linux'
    ? installCommand('cmake g++ make libtorch-dev libopenblas0-pthread', '')
    : retry,
);
command('cmake', ['--build', cmakeFolder, '--parallel', String(availableParallelism())], retry);
// Renamed into place: a process that has the old addon loaded keeps it, and nobody sees half a file.
copyFileSync(join(cmakeFolder, 'nascent_torch.node'), `${target}.new`);
renameSync(`${target}.new`, target);
const libtorch = readFileSync(join(cmakeFolder, 'libtorch-version.txt'), 'utf8').trim();
writeFileSync(
  stampFile,
  `${JSON.stringify({ stamp, libtorch, origin: found.origin, prefix: found.prefix, node: process.version })}\n`,
);
process.stdout.write(
  `libtorch addon: built in ${((Date.now() - started) / 1000).toFixed(0)} s (libtorch ${libtorch})\n`,
);
