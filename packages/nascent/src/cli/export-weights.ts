import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExportFormat } from '../export/formats.ts';
import type { ExportedFile } from '../export/write-files.ts';
import { architectureKey, type ImageInput, type LanguageModelShape } from '../search-space/index.ts';
import { shownLocation } from '../store/open-store.ts';
import { type CliContext, CliFailure } from './context.ts';
import type { Design, ExportSubject } from './export-subject.ts';
import { quoted } from './resume-command.ts';

export const MODEL = 'model.safetensors';

/** The formats that hold weights. */
const WITH_WEIGHTS: readonly ExportFormat[] = ['onnx', 'pytorch', 'safetensors'];

export interface GivenOptions {
  readonly model?: string;
  readonly study?: string;
}

/** What a model file gives. */
export interface ExportedWeights {
  readonly path: string;
  readonly files: readonly ExportedFile[];
  /** What it was trained for, which says more than the trial. */
  readonly image?: ImageInput;
  readonly shape?: LanguageModelShape;
}

/** Where the weights are looked for, and whether they are there; a file that was named must be. */
export interface WeightsPlace {
  /** As it was given. */
  readonly name: string;
  readonly path: string;
  readonly exists: boolean;
}

export function placeOfWeights(
  { cwd }: CliContext,
  { directoryName }: ExportSubject,
  { model }: GivenOptions,
): WeightsPlace {
  const name = model ?? join('retrained', directoryName, MODEL);
  const path = resolve(cwd, name);
  return { name, path, exists: model !== undefined || existsSync(path) };
}

/**
 * The files of all formats that hold weights.
 * @throws CliFailure `NOT_EXPORTABLE`, `NO_MODEL`, `MODEL_OF_ANOTHER_NETWORK`; ModelFileError
 */
export async function exportWeights(
  subject: ExportSubject,
  place: WeightsPlace,
  formats: readonly ExportFormat[],
  options: GivenOptions,
): Promise<ExportedWeights> {
  const { design, label } = subject;
  if (design.kind === 'other') {
    throw new CliFailure(
      'NOT_EXPORTABLE',
      `${label} has no weights that could be exported: only convolutional networks and recurrent cells are trained ` +
        'here. Export its architecture alone: --format json',
    );
  }
  if (!place.exists) throw noWeights(subject, design, place, formats, options);
  // The engine is loaded only now: json alone, code alone and wrong words need none.
  const { scope } = await import('@nascent/torch');
  const { loadModel } = await import('../child/model-file.ts');
  const { loadLanguageModel } = await import('../child/language-model/index.ts');
  const { languageModelFiles, modelFiles } = await import('../export/model-files.ts');
  const { path } = place;
  return scope(() => {
    if (design.kind === 'cell') {
      const model = loadLanguageModel(path);
      const { architecture, shape, tokens } = model.facts;
      refuseOther(subject, place, sameCell(architecture, design), tokens);
      return { path, shape, files: languageModelFiles(model, readFileSync(path), formats, label) };
    }
    const model = loadModel(path);
    const { architecture, image, tokens } = model.facts;
    refuseOther(subject, place, sameNetwork(architecture, design), tokens);
    return { path, image, files: modelFiles(model, readFileSync(path), formats, label) };
  });
}

type DesignOf<Kind extends Design['kind']> = Extract<Design, { readonly kind: Kind }>;

function sameCell(theirs: unknown, { architecture }: DesignOf<'cell'>): boolean {
  return architectureKey(theirs) === architectureKey(architecture);
}

/** The predicted learning rate is no part of the finished network. */
function sameNetwork(
  theirs: DesignOf<'network'>['architecture'],
  { architecture }: DesignOf<'network'>,
): boolean {
  const keyOf = ({ learningRate: _, ...network }: typeof theirs) => architectureKey(network);
  return keyOf(theirs) === keyOf(architecture);
}

function refuseOther(
  { label, design }: ExportSubject,
  { name }: WeightsPlace,
  same: boolean,
  tokens: string | null,
): void {
  if (same) return;
  throw new CliFailure(
    'MODEL_OF_ANOTHER_NETWORK',
    `the weights in ${name} belong to another ${design.kind} than ${label}. ` +
      (tokens === null ? '' : `Theirs is the token string\n\n  ${tokens}\n\n`) +
      `Name the weights of this ${design.kind} (--model FILE), or export that ${design.kind}.`,
  );
}

function noWeights(
  subject: ExportSubject,
  { kind }: Design,
  { name }: WeightsPlace,
  formats: readonly ExportFormat[],
  { study }: GivenOptions,
): CliFailure {
  const needing = formats.filter(
    (format) => WITH_WEIGHTS.includes(format) && !(kind === 'cell' && format === 'pytorch'),
  );
  const alone =
    kind === 'cell'
      ? 'or export the code and the equations of the cell (--format pytorch,json).'
      : 'or export the architecture alone (--format json).';
  return new CliFailure(
    'NO_MODEL',
    `${subject.label} has no trained weights yet, which ${needing.join(', ')} need${needing.length === 1 ? 's' : ''}: ` +
      `there is no ${name}. Train it first:\n\n  ${trainingCommand(subject, study)}\n\n` +
      `or name its weights (--model FILE), ${alone}`,
  );
}

/** The command that makes the weights. */
export function trainingCommand({ argument }: ExportSubject, study: string | undefined): string {
  return `npx nascent retrain ${argument}${study === undefined ? '' : ` --study ${quoted(shownLocation(study))}`}`;
}
