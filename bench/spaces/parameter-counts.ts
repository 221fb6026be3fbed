/**
 * Parameters of random networks of the built-in convolutional spaces, beside the published ones, and of the known
 * networks: the tables of docs/guide/search-spaces.md.
 *
 *   npx tsx bench/spaces/parameter-counts.ts    writes them there, between their markers
 *
 * Uniform samples with the paper's number of predicted layers, for CIFAR-10 (3 × 32 × 32, 10 classes). The same
 * numbers on every machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { randomStream } from '../../packages/nascent/src/random.ts';
import {
  builtInSpace,
  CIFAR10_INPUT,
  type ConvolutionalSpace,
  convolutionalPresets,
  decodeTokens,
  knownNetworks,
  planNetwork,
  sampleUniformly,
  spaceOfTokens,
} from '../../packages/nascent/src/search-space/index.ts';

const SAMPLES = 1000;
const GUIDE = fileURLToPath(new URL('../../docs/guide/search-spaces.md', import.meta.url));

const rounded = (parameters: number): string =>
  parameters < 1e5 ? `${(parameters / 1e3).toFixed(0)} k` : `${(parameters / 1e6).toFixed(1)} M`;

const spaces = [
  `| space | what it has | predicted layers | parameters: least, median, most of ${SAMPLES.toLocaleString('en')} | published |`,
  '| --- | --- | --- | --- | --- |',
  ...[...convolutionalPresets].map(([name, { about, layers, published }]) => {
    const space = builtInSpace(name) as ConvolutionalSpace;
    const counts = Array.from({ length: SAMPLES }, (_, k) => {
      const sample = sampleUniformly(space, { layers }, randomStream(1, 'parameter counts', k));
      return planNetwork(space.decode(sample), CIFAR10_INPUT).parameters;
    }).sort((a, b) => a - b);
    const shown = [0, SAMPLES / 2, SAMPLES - 1].map((at) => rounded(counts[at] ?? Number.NaN));
    const paper =
      published === null
        ? '(ours)'
        : `${rounded(published.parameters)}, ${published.layers} layers, error ${published.testErrorPercent.toFixed(2)} %`;
    return `| \`${name}\` | ${about} | ${layers} | ${shown.join(', ')} | ${paper} |`;
  }),
];

const networks = [
  '| network | what it is | layers | parameters | FLOPs |',
  '| --- | --- | --- | --- | --- |',
  ...[...knownNetworks].map(([name, { tokens, about }]) => {
    const space = spaceOfTokens(tokens) as ConvolutionalSpace;
    const architecture = space.decode(decodeTokens(tokens, space));
    const { parameters, flops } = planNetwork(architecture, CIFAR10_INPUT);
    const { length } = architecture.layers;
    return `| \`${name}\` | ${about} | ${length} | ${parameters.toLocaleString('en')} | ${(flops / 1e6).toFixed(1)} M |`;
  }),
];

function between(text: string, marker: string, lines: readonly string[]): string {
  const pattern = new RegExp(`(<!-- ${marker} -->\n)[\\s\\S]*?(<!-- /${marker} -->)`);
  if (!pattern.test(text))
    throw new Error(`${GUIDE} has no markers <!-- ${marker} --> … <!-- /${marker} -->`);
  return text.replace(
    pattern,
    (_, open: string, close: string) => `${open}\n${lines.join('\n')}\n\n${close}`,
  );
}

const guide = readFileSync(GUIDE, 'utf8');
writeFileSync(GUIDE, between(between(guide, 'spaces', spaces), 'networks', networks));
for (const line of [...spaces, ...networks]) console.log(line);
