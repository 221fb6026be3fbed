#!/usr/bin/env node
// One recurrent layer on a CUDA device, forward and back: ours beside PyTorch's, taking turns.
//
//   LIBTORCH=$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))') node packages/torch/native/build.mjs
//   node bench/speed/run-recurrent-cuda.mjs [--rounds 7] [--units 200,650] [--precision float32,bfloat16] [--out DIR]
//
// Needs a Python with a PyTorch for CUDA (NASCENT_PYTHON, python3). Each side is one process that stays warm and waits
// while the other works. Writes recurrent-cuda.numbers.json and prints the table of recurrent.md. Two minutes.
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Comes with NVIDIA's driver. */
const driverTool = 'nvidia-smi';
const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    units: { type: 'string', default: '200,650' },
    precision: { type: 'string', default: 'float32,bfloat16' },
    out: { type: 'string', default: here },
  },
});
const rounds = Number(values.rounds);
const python = process.env.NASCENT_PYTHON ?? 'python3';

/** A process that answers each line with a line. */
function start(command, args) {
  const child = spawn(command, args, { cwd: join(here, '../..'), stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question) => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await lines.next();
    if (done)
      throw new Error(`${command} ended at the question ${JSON.stringify(question)}; see its words above`);
    return JSON.parse(value);
  };
  return { ask, end: () => child.stdin.end() };
}

const ours = start(process.execPath, ['--import', 'tsx', join(here, 'recurrent-cuda.ts')]);
const theirs = start(python, [join(here, 'pytorch_recurrent_cuda.py')]);

/** nn.LSTM of so many units has as many parameters as a NASCell layer, within 0.4 %. */
const lstmUnits = (units) => Math.round(units * Math.SQRT2);
const contenders = (units) => [
  { name: 'Nascent, fused', side: ours, contender: 'fused', units },
  { name: 'Nascent, eager', side: ours, contender: 'eager', units },
  { name: 'PyTorch, as one writes it', side: theirs, contender: 'natural', units },
  { name: 'PyTorch, input products ahead of the loop', side: theirs, contender: 'hoisted', units },
  { name: 'the same, replayed as a CUDA graph', side: theirs, contender: 'graph', units },
  {
    name: `PyTorch, nn.LSTM of ${lstmUnits(units)} units`,
    side: theirs,
    contender: 'lstm',
    units: lstmUnits(units),
  },
];

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[numbers.length >> 1];
const text = (numbers) =>
  `${median(numbers).toFixed(2)} (${sorted(numbers)[0].toFixed(2)}–${sorted(numbers).at(-1).toFixed(2)})`;

const cases = values.units.split(',').flatMap((units) =>
  values.precision.split(',').flatMap((precision) =>
    contenders(Number(units))
      // A graph is captured in one precision.
      .filter(({ contender }) => precision === 'float32' || contender !== 'graph')
      .map((contender) => ({ ...contender, of: Number(units), precision, ms: [] })),
  ),
);
for (const each of cases) {
  const { side, contender, units, precision } = each;
  for (const repeat of [1, 3]) each.once = (await side.ask({ contender, units, precision, repeat })).ms; // warm-up
  each.repeat = Math.max(3, Math.ceil(200 / each.once));
  if (side === theirs) each.kernels = (await side.ask({ contender, units, precision, count: true })).kernels;
}
for (let round = 0; round < rounds; round++)
  for (const each of round % 2 === 0 ? cases : [...cases].reverse()) {
    const { side, contender, units, precision, repeat } = each;
    each.ms.push((await side.ask({ contender, units, precision, repeat })).ms);
  }
ours.end();
theirs.end();

const facts = spawnSync(driverTool, ['--query-gpu=name,driver_version', '--format=csv,noheader'], {
  encoding: 'utf8',
}).stdout?.trim();
const numbers = cases.map(({ name, of, precision, ms, repeat, kernels }) => ({
  name,
  units: of,
  precision,
  ms,
  repeat,
  kernels,
}));
writeFileSync(
  join(values.out, 'recurrent-cuda.numbers.json'),
  `${JSON.stringify({ gpu: facts, rounds, cases: numbers }, null, 1)}\n`,
);
console.log(`${facts}; ${rounds} rounds\n`);
console.log(
  '| units | precision | program | ms | fused is so many times as fast | kernels |\n| --- | --- | --- | --- | --- | --- |',
);
for (const { name, of, precision, ms, kernels } of cases) {
  const fused = cases.find(
    (other) => other.of === of && other.precision === precision && other.contender === 'fused',
  );
  const ratio = name === 'Nascent, fused' ? '–' : (median(ms) / median(fused.ms)).toFixed(2);
  console.log(`| ${of} | ${precision} | ${name} | ${text(ms)} | ${ratio} | ${kernels ?? ''} |`);
}
