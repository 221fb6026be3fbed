import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Model } from '../child/model-file.ts';
import { architectureJson } from '../export/architecture-json.ts';
import { EXPORT_FORMATS, type ExportFormat, parseFormats, UnknownFormatError } from '../export/formats.ts';
import type { ExportedFile } from '../export/model-files.ts';
import { writeFiles } from '../export/write-files.ts';
import {
  architectureKey,
  CIFAR10_INPUT,
  type ConvolutionalArchitecture,
  decodeTokens,
  describeArchitecture,
  hashOf,
  type ImageInput,
  looksLikeTokens,
  parseConvolutionalArchitecture,
  spaceOfTokens,
} from '../search-space/index.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { DEFAULT_STUDY, locationText } from './open-study.ts';
import { inputOf } from './show.ts';
import { findTrial, type NamedTrial, TRIAL_HELP } from './trial-argument.ts';

interface ExportOptions {
  readonly format: string;
  readonly out?: string;
  readonly model?: string;
  readonly study?: string;
  readonly json?: boolean;
}

const MODEL = 'model.safetensors';

/** `nascent export TRIAL`: a finished network as ONNX, PyTorch, safetensors, JSON. */
export function registerExportCommand(program: Command, context: CliContext): void {
  program
    .command('export')
    .description('Export a finished network: ONNX, a PyTorch module, safetensors weights, JSON.')
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
The weights are those of \`nascent retrain\`; json alone needs none.

  npx nascent retrain best
  npx nascent export best --format onnx,pytorch --out exported

model.onnx           opset 17, images [batch, channels, height, width] in 0-1 to logits; whitening is inside
model.py             a readable PyTorch module, which loads model.safetensors beside it
model.safetensors    weights and what must be known of them
architecture.json    the network, and its layers with sizes and costs`;

async function runExport(context: CliContext, argument: string, options: ExportOptions): Promise<void> {
  const formats = formatsOf(options.format);
  const { named } = await findTrial(context, argument, options.study, async () => null);
  const network = networkOf(named, argument);
  const out = resolve(context.cwd, options.out ?? join('exported', network.directoryName));
  const weights =
    options.model !== undefined || formats.some((format) => format !== 'json')
      ? await exportWeights(context, network, formats, options)
      : null;
  const files = [
    ...(weights?.files ?? []),
    ...(formats.includes('json') ? [jsonFile(network, weights?.image ?? network.image)] : []),
  ];
  const paths = await writeFiles(out, files);
  if (options.json) {
    const { label, tokens } = network;
    printJson(context, { network: label, tokens, model: weights?.path ?? null, out, files: paths });
    return;
  }
  context.out(`${network.label} exported to ${locationText(context, out) || '.'}`);
  for (const { name, content } of files) {
    context.out(`  ${name.padEnd(19)}${sizeText(content.length).padStart(9)}   ${ABOUT[name] ?? ''}`);
  }
}

const ABOUT: Readonly<Record<string, string>> = {
  'model.onnx': 'images in 0-1 to logits, for any ONNX runtime',
  'model.py': 'PyTorch: `from model import load`; run it to see every size',
  [MODEL]: 'weights and what must be known of them',
  'architecture.json': 'the network and its layers',
};

function formatsOf(list: string): readonly ExportFormat[] {
  try {
    return parseFormats(list);
  } catch (thrown) {
    if (!(thrown instanceof UnknownFormatError)) throw thrown;
    throw new CliFailure(thrown.code, thrown.message, { exitCode: 2 });
  }
}

interface NamedNetwork {
  /** What it is called in sentences. */
  readonly label: string;
  /** As `nascent retrain` takes it. */
  readonly argument: string;
  /** Below `retrained/` and `exported/`. */
  readonly directoryName: string;
  readonly architecture: unknown;
  readonly tokens: string;
  /** What is known of the images without a model. */
  readonly image: ImageInput;
}

function networkOf(named: NamedTrial, argument: string): NamedNetwork {
  if (named.kind === 'trial') {
    const { number, architecture, tokens } = named.trial;
    const name = { label: `trial ${number}`, directoryName: `trial-${number}`, argument: `${number}` };
    return { ...name, architecture, tokens, image: inputOf(named.trial) };
  }
  const { tokens } = named;
  const space = spaceOfTokens(tokens);
  const architecture: unknown = space.decode(decodeTokens(tokens, space));
  const name = looksLikeTokens(argument)
    ? { label: 'the network of the token string', directoryName: `tokens-${hashOf(tokens).slice(0, 8)}` }
    : { label: argument, directoryName: argument };
  return { ...name, argument, architecture, tokens, image: CIFAR10_INPUT };
}

function jsonFile({ architecture, tokens }: NamedNetwork, image: ImageInput): ExportedFile {
  const network = describeArchitecture(architecture, image);
  return { name: 'architecture.json', content: architectureJson({ tokens, architecture, image, network }) };
}

interface ExportedWeights {
  readonly path: string;
  readonly image: ImageInput;
  readonly files: readonly ExportedFile[];
}

async function exportWeights(
  context: CliContext,
  network: NamedNetwork,
  formats: readonly ExportFormat[],
  options: ExportOptions,
): Promise<ExportedWeights> {
  const architecture = convolutional(network);
  const given = options.model ?? join('retrained', network.directoryName, MODEL);
  const path = resolve(context.cwd, given);
  if (options.model === undefined && !existsSync(path)) throw noWeights(network, given, formats, options);
  // The engine is loaded only now: json alone and wrong words need none.
  const { scope } = await import('@nascent/torch');
  const { loadModel } = await import('../child/model-file.ts');
  const { modelFiles } = await import('../export/model-files.ts');
  return scope(() => {
    const model = loadModel(path);
    refuseOther(network, architecture, model, given);
    const files = modelFiles(model, readFileSync(path), formats, network.label);
    return { path, image: model.facts.image, files };
  });
}

function convolutional({ architecture, label }: NamedNetwork): ConvolutionalArchitecture {
  const kind = typeof architecture === 'object' && architecture !== null && 'kind' in architecture;
  if (kind && architecture.kind === 'convolutional') return parseConvolutionalArchitecture(architecture);
  throw new CliFailure(
    'NOT_EXPORTABLE',
    `${label} has no weights that could be exported: only convolutional networks are trained here. ` +
      'Export its architecture alone: --format json',
  );
}

function noWeights(
  { label, argument }: NamedNetwork,
  path: string,
  formats: readonly ExportFormat[],
  { study }: ExportOptions,
): CliFailure {
  const needing = formats.filter((format) => format !== 'json').join(', ');
  return new CliFailure(
    'NO_MODEL',
    `${label} has no trained weights yet, which ${needing} need: there is no ${path}. Train it first:\n\n` +
      `  npx nascent retrain ${argument}${study === undefined ? '' : ` --study ${study}`}\n\n` +
      'or name its weights (--model FILE), or export the architecture alone (--format json).',
  );
}

/** The predicted learning rate is no part of the finished network. */
function refuseOther(
  { label }: NamedNetwork,
  architecture: ConvolutionalArchitecture,
  { facts }: Model,
  path: string,
): void {
  const keyOf = ({ learningRate: _, ...network }: ConvolutionalArchitecture) => architectureKey(network);
  if (keyOf(architecture) === keyOf(facts.architecture)) return;
  const { tokens } = facts;
  throw new CliFailure(
    'MODEL_OF_ANOTHER_NETWORK',
    `the weights in ${path} belong to another network than ${label}. ` +
      (tokens === null ? '' : `Theirs is the token string\n\n  ${tokens}\n\n`) +
      'Name the weights of this network (--model FILE), or export that network.',
  );
}

function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
