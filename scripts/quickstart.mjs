// The second half of `npm run quickstart`: finds or fetches CIFAR-10, then runs a real search on it.
//
//   node scripts/quickstart.mjs          examples/quickstart.config.ts, study quickstart.db (resumes if it exists)
//   node scripts/quickstart.mjs --toy    six trials into a throw-away study: what CI runs
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'packages', 'nascent', 'bin', 'nascent.js');
const toy = process.argv.includes('--toy');
const study = toy ? join('.nascent', 'quickstart-toy.db') : 'quickstart.db';

/** Runs the command line tool; resolves to its exit code. Ctrl-C reaches it directly: it saves and answers. */
function nascent(...words) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [cli, ...words], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('close', (code) => done(code ?? 1));
  });
}
process.on('SIGINT', () => {}); // wait for the search to save

/** Whether a data set was found on the search path; a subset will do. */
function isHere(name) {
  const { stdout, status } = spawnSync(process.execPath, [cli, 'data', 'list', '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 && JSON.parse(stdout).some((entry) => entry.name === name && entry.path !== null);
}

function must(code) {
  if (code !== 0) process.exit(code);
}

let config = 'examples/quickstart.config.ts';
if (!isHere('cifar10')) {
  if (toy) {
    config = 'examples/quickstart-toy.config.json'; // the small slice of real images that the tests use
  } else {
    console.log('CIFAR-10 is not here yet: fetching it once, 139 to 163 MB.');
    must(await nascent('data', 'fetch', 'cifar10'));
  }
}
if (toy) for (const end of ['', '-wal', '-shm']) rmSync(join(root, study + end), { force: true });
must(await nascent('search', config, '--study', study, ...(toy ? ['--trials', '6'] : [])));
