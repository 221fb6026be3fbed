#!/usr/bin/env node
// Child training against PyTorch eager: same network, batch, threads and images, runs alternating.
//
//   node bench/speed/run.mjs [--quick] [--networks NAME,…] [--name results] [--rounds 7] [--steps 20] [--settings best|few]
//       [--threads N] [--batch 64] [--images DIR] [--out DIR] [--skip-memory] [--skip-accuracy]
//
// Writes NAME.md (and NAME.numbers.json, every single number) beside this file. Run it on a quiet machine.
// `--networks skips` means those with skip connections; `--settings few` looks among the four that ever won.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    steps: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    batch: { type: 'string', default: '64' },
    images: { type: 'string' },
    out: { type: 'string', default: here },
    device: { type: 'string', default: 'cpu' },
    networks: { type: 'string' },
    name: { type: 'string', default: 'results' },
    settings: { type: 'string', default: 'best' },
    'skip-memory': { type: 'boolean', default: false },
    'skip-accuracy': { type: 'boolean', default: false },
  },
});
const rounds = values.rounds ?? (values.quick ? '2' : '7');
const steps = values.steps ?? (values.quick ? '2' : '20');
const warmUp = values.quick ? '1' : '4';

const slices = join(root, 'packages/nascent/test/fixtures/cifar10/cifar-10-batches-bin');
const images =
  values.images ??
  [
    join(root, '../shared/data/cifar10/cifar-10-batches-bin'),
    join(root, 'data/cifar10/cifar-10-batches-bin'),
  ].find(existsSync) ??
  slices;

function pythonWithTorch() {
  const candidates = [process.env.NASCENT_PYTHON, '/usr/bin/python3', 'python3'].filter(Boolean);
  const found = candidates.find(
    (python) => spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  );
  if (found !== undefined) return found;
  throw new Error(
    `none of ${candidates.join(', ')} imports torch: install Debian's python3-torch, or name a Python with NASCENT_PYTHON`,
  );
}
const python = pythonWithTorch();

/** The variables that change how fast a process trains; nobody inherits them from whoever runs this. */
const tuned = [
  'OMP_WAIT_POLICY',
  'OMP_NUM_THREADS',
  'MALLOC_MMAP_THRESHOLD_',
  'MALLOC_TRIM_THRESHOLD_',
  'GOMP_SPINCOUNT',
];
const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !tuned.includes(name)));
const malloc = { MALLOC_MMAP_THRESHOLD_: '4294967296', MALLOC_TRIM_THRESHOLD_: '4294967296' };

function measure(command, args, env) {
  const run = spawnSync(command, args, {
    cwd: root,
    env: { ...plain, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${run.stderr}`);
  return JSON.parse(run.stdout.trim().split('\n').at(-1));
}
const common = (network, count = steps) => [
  network,
  '--images',
  images,
  '--batch',
  values.batch,
  '--steps',
  count,
  '--warm-up',
  warmUp,
  '--threads',
  values.threads,
  '--device',
  values.device,
];
const ours = (network, more = []) =>
  measure('node', ['--import', 'tsx', join(here, 'child.ts'), ...common(network), ...more], {
    OMP_WAIT_POLICY: 'passive', // as the workers of a study set it
  });
const pytorch = (network, { env = {}, flags = [] }, more = [], count = steps) =>
  measure(python, [join(here, 'pytorch_child.py'), ...common(network, count), ...flags, ...more], env);

const settings = [];
for (const [layout, layoutFlags] of [
  ['contiguous', []],
  ['channels_last', ['--channels-last']],
])
  for (const wait of ['default', 'passive', 'active'])
    for (const foreach of [false, true])
      settings.push({
        name: `malloc thresholds, ${layout}, wait policy ${wait}${foreach ? ', foreach optimiser' : ''}`,
        env: { ...malloc, ...(wait === 'default' ? {} : { OMP_WAIT_POLICY: wait }) },
        flags: [...layoutFlags, ...(foreach ? ['--foreach'] : [])],
      });

/** The fastest setting of PyTorch for this network and precision: each tried once, the best three once more. */
function bestSetting(network, precision) {
  const won = settings.filter(({ name }) => /channels_last, wait policy (active|passive)/.test(name));
  const tries = values.quick ? settings.slice(-2) : values.settings === 'few' ? won : settings;
  const count = values.quick ? '1' : '5';
  const speedOf = (setting) => pytorch(network, setting, ['--precision', precision], count).imagesPerSecond;
  const fastest = (list) => [...list].sort((one, other) => other.speed - one.speed);
  const first = fastest(tries.map((setting) => ({ setting, speed: speedOf(setting) }))).slice(0, 3);
  const again = first.map(({ setting, speed }) => ({ setting, speed: Math.max(speed, speedOf(setting)) }));
  return fastest(again)[0].setting;
}

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const spread = (numbers) => `${Math.min(...numbers).toFixed(0)}–${Math.max(...numbers).toFixed(0)}`;
const say = (text) => process.stderr.write(`${text}\n`);

const all = JSON.parse(readFileSync(join(here, 'networks.json'), 'utf8'));
const asked = values.networks?.split(',') ?? Object.keys(all);
const unknown = asked.find((name) => !(name in all) && name !== 'skips');
if (unknown !== undefined)
  throw new Error(`no network ${unknown}: name some of skips, ${Object.keys(all).join(', ')}`);
const networks = Object.fromEntries(
  Object.entries(all).filter(
    ([name, { accuracyOnly }]) =>
      !accuracyOnly && (asked.includes(name) || (asked.includes('skips') && name.startsWith('skips-'))),
  ),
);
const raw = { images: resolve(images), networks: {} };
const rows = [];
const precisionRows = [];
for (const [network, { about }] of Object.entries(networks)) {
  say(`${network}: looking for PyTorch's best settings`);
  const best = bestSetting(network, 'float32');
  const bestHalf = bestSetting(network, 'bfloat16');
  const runs = { ours: [], installed: [], best: [], oursHalf: [], bestHalf: [] };
  for (let round = 0; round < Number(rounds); round++) {
    say(`${network}: round ${round + 1} of ${rounds}`);
    const turn = {
      ours: () => ours(network),
      installed: () => pytorch(network, {}),
      best: () => pytorch(network, best),
      oursHalf: () => ours(network, ['--precision', 'bfloat16']),
      bestHalf: () => pytorch(network, bestHalf, ['--precision', 'bfloat16']),
    };
    // Every other round backwards, so that a drift of the machine favours nobody.
    const order = Object.keys(turn);
    for (const who of round % 2 === 0 ? order : order.reverse()) runs[who].push(turn[who]());
  }
  const speed = Object.fromEntries(
    Object.entries(runs).map(([who, list]) => [who, list.map((run) => run.imagesPerSecond)]),
  );
  raw.networks[network] = { about, best, bestHalf, runs };
  const ratio = (a, b) => (median(speed[a]) / median(speed[b])).toFixed(2);
  const cell = (who) => `${median(speed[who]).toFixed(0)} (${spread(speed[who])})`;
  rows.push(
    `| ${network} | ${cell('ours')} | ${cell('installed')} | **${ratio('ours', 'installed')}** | ${cell('best')} | **${ratio('ours', 'best')}** | ${best.name} |`,
  );
  precisionRows.push(
    `| ${network} | ${cell('oursHalf')} | ${ratio('oursHalf', 'ours')} | **${ratio('oursHalf', 'installed')}** | ${cell('bestHalf')} | **${ratio('oursHalf', 'bestHalf')}** | ${bestHalf.name} |`,
  );
  raw.engines = { ours: runs.ours[0].engine, pytorch: runs.best[0].engine };
}

let memorySection = '';
if (!values['skip-memory']) {
  say('memory over 1,000 steps');
  const [first] = Object.keys(networks);
  const batch = values.quick ? '8' : '32';
  const steps = values.quick ? '150' : '1000';
  const { memory } = ours(first, ['--watch-memory', '--batch', batch, '--steps', steps]);
  raw.memory = memory;
  const shown = memory.filter(
    (_, at) => at % Math.max(1, Math.floor(memory.length / 10)) === 0 || at === memory.length - 1,
  );
  const lines = shown.map(
    (at) => `| ${at.step} | ${at.liveTensors} | ${at.nativeMiB.toFixed(1)} | ${at.residentMiB.toFixed(0)} |`,
  );
  memorySection = `
## Memory over ${memory.length * 50} training steps (${first}, batch ${batch})

| step | live tensors | engine MiB | resident MiB |
| --- | --- | --- | --- |
${lines.join('\n')}
`;
}

const percent = (fraction) => `${(100 * fraction).toFixed(1)} %`;
let accuracySection = '';
if (!values['skip-accuracy']) {
  say('accuracy of both precisions');
  const flags = [
    ...(values.quick ? ['--quick'] : []),
    ...(values.networks === 'skips' ? ['--network', 'skips-small'] : []),
  ];
  const accuracy = measure('node', ['--import', 'tsx', join(here, 'precision.ts'), ...flags], {
    OMP_WAIT_POLICY: 'passive',
  });
  raw.accuracy = accuracy;
  const lines = accuracy.runs.map(
    (run) => `| ${run.seed} | ${percent(run.float32)} | ${percent(run.bfloat16)} |`,
  );
  accuracySection = `
Validation accuracy of ${accuracy.about}:

| seed | float32 | bfloat16 |
| --- | --- | --- |
${lines.join('\n')}
| mean | ${percent(accuracy.mean.float32)} | ${percent(accuracy.mean.bfloat16)} |
`;
}

const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
  cwd: root,
  encoding: 'utf8',
}).stdout.trim();
const numbersFile = join(values.out, `${values.name === 'results' ? 'speed' : values.name}.numbers.json`);
const machine = `${cpus()[0]?.model.trim()}, ${values.threads} threads of ${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}; load at the end ${loadavg()[0].toFixed(1)}`;
writeFileSync(
  join(values.out, `${values.name}.md`),
  `# Child training: results

${raw.engines.ours} against ${raw.engines.pytorch}, device ${values.device}, batch ${values.batch}, ${steps} steps a run after ${warmUp} of warm-up, ${rounds} alternating runs each; median (smallest–largest) images per second.
Machine: ${machine}.
Commit ${commit}; command \`${['node bench/speed/run.mjs', ...process.argv.slice(2)].join(' ')}\`; images ${images === slices ? 'the committed slice' : 'CIFAR-10, data_batch_1'}. Every number is in ${basename(numbersFile)}.

## float32

| network | Nascent | PyTorch as installed | ratio | PyTorch at its best setting | ratio | that setting |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## bfloat16

| network | Nascent | ratio to its float32 | ratio to PyTorch's float32 as installed | PyTorch at its best setting | ratio | that setting |
| --- | --- | --- | --- | --- | --- | --- |
${precisionRows.join('\n')}
${accuracySection}${memorySection}`,
);
writeFileSync(numbersFile, `${JSON.stringify(raw, null, 1)}\n`);
say(`wrote ${join(values.out, `${values.name}.md`)}`);
