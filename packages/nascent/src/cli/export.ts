import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { architectureJson, cellJson } from '../export/architecture-json.ts';
import { EXPORT_FORMATS, type ExportFormat, parseFormats, UnknownFormatError } from '../export/formats.ts';
import { cellSource } from '../export/pytorch/language-model/cell-source.ts';
import { type ExportedFile, writeFiles } from '../export/write-files.ts';
import { describeArchitecture } from '../search-space/index.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { type ExportSubject, subjectOf } from './export-subject.ts';
import {
  type ExportedWeights,
  exportWeights,
  type GivenOptions,
  MODEL,
  placeOfWeights,
  trainingCommand,
} from './export-weights.ts';
import { DEFAULT_STUDY, locationText } from './open-study.ts';
import { findTrial, TRIAL_HELP } from './trial-argument.ts';

interface ExportOptions extends GivenOptions {
  readonly format: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `nascent export TRIAL`: a finished network or language model as ONNX, PyTorch, safetensors, JSON. */
export function registerExportCommand(program: Command, context: CliContext): void {
  program
    .command('export')
    .description('Export a finished network or cell: ONNX, a PyTorch module, safetensors weights, JSON.')
    .argument('<trial>', TRIAL_HELP)
    .option('--format <list>', 'one or several, with commas between them', EXPORT_FORMATS.join(','))
    .option('--out <dir>', 'where the files go; made where it is missing (default: exported/trial-N)')
    .option('--model <file>', `the trained weights (default: retrained/trial-N/${MODEL})`)
    .option('--study <file>', `the study (default: ${DEFAULT_STUDY}); a token string needs none`)
    .option('--json', 'print a JSON object')
    .addHelpText('after', HELP)
    .action((trial: string, options: ExportOptions) => runExport(context, trial, options));
}

const HELP = `
The weights are those of \`nascent retrain\`; json alone needs none, nor does the code of a recurrent cell (pytorch).

  npx nascent retrain best
  npx nascent export best --format onnx,pytorch --out exported
  npx nascent export nascell --format pytorch,json

Of a network:
model.onnx           opset 17, images [batch, channels, height, width] in 0-1 to logits; whitening is inside
model.py             a readable PyTorch module, which loads model.safetensors beside it

Of a recurrent cell, with the language model that it was trained in:
language-model.onnx  opset 17, words [steps, batch] and states to logits and states
cell.onnx            one step of the first layer: x, h, c to the next h, c
model.py             a readable PyTorch module, the cell as one line for each node; writes text, tells perplexity
vocabulary.json      the words by their index
cell.py              in the place of model.py where nothing is trained: the code of the cell alone

Of both:
model.safetensors    weights and what must be known of them
architecture.json    the network's layers with sizes and costs, or the cell's equations`;

async function runExport(context: CliContext, argument: string, options: ExportOptions): Promise<void> {
  const formats = formatsOf(options.format);
  const { named } = await findTrial(context, argument, options.study, async () => null);
  const subject = subjectOf(named, argument);
  const out = resolve(context.cwd, options.out ?? join('exported', subject.directoryName));
  const place = placeOfWeights(context, subject, options);
  const code = place.exists ? null : codeWithoutWeights(subject, formats);
  const weights =
    code === null && (options.model !== undefined || formats.some((format) => format !== 'json'))
      ? await exportWeights(subject, place, formats, options)
      : null;
  const files = [
    ...(code ?? weights?.files ?? []),
    ...(formats.includes('json') ? [jsonFile(subject, weights)] : []),
  ];
  const paths = await writeFiles(out, files);
  if (options.json) {
    const { label, tokens } = subject;
    printJson(context, { network: label, tokens, model: weights?.path ?? null, out, files: paths });
    return;
  }
  context.out(`${subject.label} exported to ${locationText(context, out) || '.'}`);
  for (const { name, content } of files) {
    context.out(`  ${name.padEnd(19)}${sizeText(content).padStart(9)}   ${ABOUT[name] ?? ''}`);
  }
  if (code === null) return;
  context.out('');
  context.out(`There is no ${place.name}: nothing here is trained, and cell.py draws new weights.`);
  context.out('For a language model that is, train it and export again:');
  context.out(`\n  ${trainingCommand(subject, options.study)}`);
}

const ABOUT: Readonly<Record<string, string>> = {
  'model.onnx': 'images in 0-1 to logits, for any ONNX runtime',
  'language-model.onnx': 'words and states to logits and states, for any ONNX runtime',
  'cell.onnx': 'one step of the first layer',
  'model.py': 'PyTorch: `from model import load`; run it for a look',
  'cell.py': 'PyTorch: `from cell import Layer`; the code, without weights',
  'vocabulary.json': 'the words by their index',
  [MODEL]: 'weights and what must be known of them',
  'architecture.json': 'the architecture and what it costs',
};

function formatsOf(list: string): readonly ExportFormat[] {
  try {
    return parseFormats(list);
  } catch (thrown) {
    if (!(thrown instanceof UnknownFormatError)) throw thrown;
    throw new CliFailure(thrown.code, thrown.message, { exitCode: 2 });
  }
}

/** The code of a cell that nobody has trained; null where that is not all that was asked for. */
function codeWithoutWeights(
  { design, label }: ExportSubject,
  formats: readonly ExportFormat[],
): readonly ExportedFile[] | null {
  const codeAlone =
    formats.includes('pytorch') && formats.every((format) => ['pytorch', 'json'].includes(format));
  return design.kind === 'cell' && codeAlone
    ? [{ name: 'cell.py', content: cellSource(design.architecture, label) }]
    : null;
}

/** @param weights whose facts come before what is known of the trial */
function jsonFile({ design, tokens }: ExportSubject, weights: ExportedWeights | null): ExportedFile {
  const name = 'architecture.json';
  const { architecture } = design;
  if (design.kind === 'cell') {
    const shape = weights?.shape ?? design.shape;
    return { name, content: cellJson({ tokens, architecture: design.architecture, shape }) };
  }
  const image = weights?.image ?? design.image;
  const network = describeArchitecture(architecture, image);
  return { name, content: architectureJson({ tokens, architecture, image, network }) };
}

function sizeText(content: Uint8Array | string): string {
  const bytes = Buffer.byteLength(content);
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
