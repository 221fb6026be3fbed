import { resolve } from 'node:path';
import {
  DatasetError,
  locatePennTreebank,
  supplyPennTreebank,
  verifyPennTreebank,
} from '../dataset/index.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { printVerification } from './data-view.ts';

/** `nascent data fetch penn-treebank`: why it is not fetched, and what to do. */
export function notFree(context: CliContext): DatasetError {
  const path = locatePennTreebank({ surroundings: context });
  const here = path === null ? '' : ` A copy is already in ${path}: check it with nascent data verify.`;
  return new DatasetError(
    'DATASET_NOT_FREE',
    `penn-treebank is not to be fetched. ${supplyPennTreebank}${here}`,
  );
}

/**
 * `nascent data verify penn-treebank`.
 * @param dir where it is: DIR, DIR/penn-treebank or DIR/ptb; default: the search path
 */
export async function verifyPennTreebankCommand(
  context: CliContext,
  { dir, json }: { readonly dir?: string; readonly json?: boolean },
): Promise<void> {
  const verification = await verifyPennTreebank({ path: dir, surroundings: context });
  if (verification === null) {
    const where = dir === undefined ? 'on the search path' : `in ${resolve(context.cwd, dir)}`;
    throw new CliFailure('DATASET_NOT_FOUND', `no files of penn-treebank ${where}. ${supplyPennTreebank}`);
  }
  if (json) printJson(context, verification);
  else printVerification(context, verification, ['training and validation words', 'test words']);
  if (!verification.complete) {
    throw new CliFailure(
      'DATASET_INCOMPLETE',
      `${verification.path} is readable, but is not the published Penn Treebank, and is not loaded as such. Take whole ` +
        "copies of the files, or load these as plain text with name: 'text'.",
    );
  }
}
