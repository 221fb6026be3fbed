#!/usr/bin/env node
// Training of a language model against PyTorch eager: same cell, sizes, batch, steps and softmax, runs alternating.
//
//   node bench/speed/run-language-model.mjs [--quick] [--rounds 3] [--hidden 200,650] [--device cpu] [--out DIR]
//
// Writes language-model.md (and language-model.numbers.json, every single number) beside this file; with `--device cuda`
// language-model-cuda.md and .numbers.json. Run it on a quiet machine; about 15 minutes (on a GPU 6).
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Comes with NVIDIA's driver. */
const driverTool = 'nvidia-smi';
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    hidden: { type: 'string', default: '200,650' },
    device: { type: 'string', default: 'cpu' },
    out: { type: 'string', default: here },
  },
});
const rounds = values.quick ? 1 : Number(values.rounds);
const { device } = values;
const onCpu = device === 'cpu';
const python = [process.env.NASCENT_PYTHON, '/usr/bin/python3', 'python3'].find(
  (path) => path !== undefined && spawnSync(path, ['-c', 'import torch']).status === 0,
);
if (python === undefined)
  throw new Error("no Python imports torch: install Debian's python3-torch, or set NASCENT_PYTHON");

/** The variables that change how fast a process trains; nobody inherits them from whoever runs this. */
const tuned = /^(OMP_|GOMP_|MALLOC_)/;
const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !tuned.test(name)));
const malloc = { MALLOC_MMAP_THRESHOLD_: '4294967296', MALLOC_TRIM_THRESHOLD_: '4294967296' };

function measure(command, args, env) {
  const run = spawnSync(command, args, { cwd: root, env: { ...plain, ...env }, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${run.stderr}`);
  return JSON.parse(run.stdout.trim().split('\n').at(-1)).wordsPerSecond;
}
const count = (hidden, where = device) => {
  if (values.quick) return ['--chunks', '1', '--warm-up', '1'];
  if (where !== 'cpu') return ['--chunks', '60', '--warm-up', '10'];
  return hidden > 400 ? ['--chunks', '3', '--warm-up', '1'] : ['--chunks', '8', '--warm-up', '2'];
};
const ours = (cell, hidden, precision, where = device, threads = 2) =>
  measure(
    'node',
    [
      '--import',
      'tsx',
      join(here, 'language-model.ts'),
      cell,
      '--hidden',
      `${hidden}`,
      ...count(hidden, where),
      ...['--precision', precision, '--device', where, '--threads', `${threads}`],
    ],
    { OMP_WAIT_POLICY: 'passive' }, // as the workers of a study set it
  );
const pytorch = (cell, hidden, precision, { env = {}, threads = 2, flags = [] }) =>
  measure(
    python,
    [
      join(here, 'pytorch_language_model.py'),
      cell,
      ...['--hidden', `${hidden}`, '--threads', `${threads}`, '--precision', precision, '--device', device],
      ...count(hidden),
      ...flags,
    ],
    env,
  );

const settings = [1, 2].flatMap((threads) =>
  ['default', 'passive', 'active'].flatMap((wait) =>
    [false, true].map((thresholds) => ({
      name: `${threads} thread${threads > 1 ? 's' : ''}, wait policy ${wait}${thresholds ? ', malloc thresholds' : ''}`,
      threads,
      env: { ...(thresholds ? malloc : {}), ...(wait === 'default' ? {} : { OMP_WAIT_POLICY: wait }) },
    })),
  ),
);

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const text = (numbers) =>
  `${median(numbers).toFixed(0)} (${Math.min(...numbers).toFixed(0)}–${Math.max(...numbers).toFixed(0)})`;
const say = (words) => process.stderr.write(`${words}\n`);

/** Threads of the CPU's row beside a GPU: half of its (perhaps virtual) cores. */
const cores = Math.max(1, cpus().length >> 1);

/** An LSTM child of so many units has as many parameters (within 0.2 %) as the NASCell child of `hidden`. */
const lstmUnits = { 200: 224, 650: 806 };

const raw = {};
const rows = [];
const searched = [];
for (const hidden of values.hidden.split(',').map(Number)) {
  // A GPU computes beside the CPU's threads: nothing to search for.
  const tries = (onCpu ? settings : []).map((setting) => {
    const speed = pytorch('nascell', hidden, 'float32', setting);
    say(`${hidden}: ${setting.name}: ${speed.toFixed(0)}`);
    return { setting, speed };
  });
  const best = [...tries].sort((a, b) => b.speed - a.speed)[0]?.setting ?? {
    name: 'default',
    threads: 2,
    env: {},
  };
  searched.push({ hidden, tries: tries.map(({ setting, speed }) => [setting.name, speed]), best: best.name });
  const hoisted = { ...best, flags: ['--hoisted'] };
  const units = lstmUnits[hidden] ?? Math.round(1.22 * hidden);
  const onGpu = {
    'Nascent, NASCell': () => ours('nascell', hidden, 'float32'),
    'Nascent, NASCell, bfloat16': () => ours('nascell', hidden, 'bfloat16'),
    'PyTorch as one writes it': () => pytorch('nascell', hidden, 'float32', best),
    'PyTorch, input products ahead of the loop': () => pytorch('nascell', hidden, 'float32', hoisted),
    [`PyTorch nn.LSTM of ${units} units (equal parameters)`]: () => pytorch('lstm', units, 'float32', best),
    [`Nascent, LSTM of ${units} units`]: () => ours('lstm', units, 'float32'),
    [`Nascent, NASCell, on ${cores} threads of the CPU`]: () =>
      ours('nascell', hidden, 'float32', 'cpu', cores),
  };
  const beside = {
    'Nascent, NASCell': () => ours('nascell', hidden, 'float32'),
    'PyTorch as installed': () => pytorch('nascell', hidden, 'float32', {}),
    'PyTorch at its best setting': () => pytorch('nascell', hidden, 'float32', best),
    'PyTorch at its best setting, input products ahead of the loop': () =>
      pytorch('nascell', hidden, 'float32', hoisted),
    'Nascent, NASCell, bfloat16': () => ours('nascell', hidden, 'bfloat16'),
    'PyTorch at that setting, hoisted, bfloat16': () => pytorch('nascell', hidden, 'bfloat16', hoisted),
    [`PyTorch nn.LSTM of ${units} units (equal parameters) at that setting`]: () =>
      pytorch('lstm', units, 'float32', best),
    [`Nascent, LSTM of ${units} units`]: () => ours('lstm', units, 'float32'),
  };
  const programs = onCpu ? beside : onGpu;
  const found = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = Object.entries(programs);
    for (const [name, run] of round % 2 === 0 ? order : order.reverse()) {
      const speed = run();
      found[name].push(speed);
      say(`${hidden}, round ${round + 1}: ${name}: ${speed.toFixed(0)}`);
    }
  }
  raw[hidden] = found;
  const reference = median(found['Nascent, NASCell']);
  for (const [name, speeds] of Object.entries(found))
    rows.push(
      `| ${hidden} | ${name} | ${text(speeds)} | ${name === 'Nascent, NASCell' ? '–' : (reference / median(speeds)).toFixed(2)} |`,
    );
}

const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
const commit = git.stdout?.trim() || 'unknown';
const gpu = onCpu
  ? ''
  : spawnSync(driverTool, ['--query-gpu=name,driver_version', '--format=csv,noheader'], {
      encoding: 'utf8',
    }).stdout?.trim();
const place = onCpu ? '' : `GPU and driver: ${gpu}. `;
const name = onCpu ? 'language-model' : 'language-model-cuda';
const table = `
## PyTorch's settings

NASCell as one writes it, one run each (words/s). "As installed" is 2 threads, wait policy default, no thresholds.

| setting | ${searched.map(({ hidden }) => `hidden ${hidden}`).join(' | ')} |
| --- | ${searched.map(() => '---').join(' | ')} |
${settings.map(({ name: setting }, i) => `| ${setting} | ${searched.map(({ tries }) => tries[i]?.[1].toFixed(0)).join(' | ')} |`).join('\n')}
`;
const page = `# A language model${onCpu ? '' : ' on a GPU'}: results

Training steps of the whole child: embedding, two layers, a softmax over 10,000 words, gradients clipped, SGD; batch 20, 35 steps, no dropout. Words per second, median (smallest–largest) of ${rounds} alternating runs; the last column is Nascent's NASCell divided by the row.
${place}Machine: ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}; load at the end ${loadavg()[0].toFixed(1)}.
Commit ${commit}; command \`node bench/speed/run-language-model.mjs${onCpu ? '' : ` --device ${device}`}\`. Every number is in ${name}.numbers.json.

| hidden | program | words/s | NASCell of Nascent is so many times as fast |
| --- | --- | --- | --- |
${rows.join('\n')}
${onCpu ? table : ''}`;
writeFileSync(join(values.out, `${name}.md`), page);
writeFileSync(
  join(values.out, `${name}.numbers.json`),
  `${JSON.stringify({ wordsPerSecond: raw, settings: searched }, null, 1)}\n`,
);
say(page);
