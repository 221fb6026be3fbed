import { createColors } from 'picocolors';
import { assertNever } from '../assert-never.ts';
import type { CatalogueEntry, TextVerification, Verification } from '../dataset/index.ts';
import type { CliContext } from './context.ts';
import { table } from './table.ts';

/** What `nascent data list` prints for people. */
export function printCatalogue(context: CliContext, entries: readonly CatalogueEntry[]): void {
  const head = ['name', 'training + test', 'shape', 'classes', 'download', 'found in'];
  const rows = entries.map((entry) => [...cellsOf(entry), entry.path ?? 'not here']);
  context.out(table(head, rows, { rightAlign: [3, 4], color: context.color }));
  const missing = entries.filter((entry) => entry.path === null);
  const fetched = missing.find((entry) => entry.kind === 'images');
  if (fetched !== undefined) context.out(`Get one with: nascent data fetch ${fetched.name}`);
  const supplied = missing.find((entry) => entry.kind === 'text');
  if (supplied !== undefined)
    context.out(`You supply ${supplied.name} yourself; how, says: nascent data fetch ${supplied.name}`);
}

function cellsOf(entry: CatalogueEntry): readonly string[] {
  switch (entry.kind) {
    case 'images':
      return [
        entry.name,
        `${entry.examples.train} + ${entry.examples.test} images`,
        entry.shape.join('×'),
        String(entry.classes),
        megabytes(entry.downloadBytes),
      ];
    case 'text':
      return [
        entry.name,
        `${entry.words.train} + ${entry.words.test} words`,
        'text',
        String(entry.vocabularySize),
        'none',
      ];
    default:
      return assertNever(entry);
  }
}

/**
 * What `nascent data verify` prints for people.
 * @param parts what the two checksums are of
 */
export function printVerification(
  context: CliContext,
  { path, checks, checksums, complete }: Verification | TextVerification,
  [train, test]: readonly [train: string, test: string],
): void {
  const { green, red } = createColors(context.color);
  context.out(path);
  for (const check of checks) {
    const mark = check.ok ? green('✓') : red('✗');
    context.out(`${mark} ${check.what}: ${check.found}${check.ok ? '' : `, expected ${check.expected}`}`);
  }
  context.out(`sha256 of the ${train} ${checksums.train}`);
  context.out(`sha256 of the ${test} ${checksums.test}`);
  if (complete) context.out('complete');
}

/** `138.9 MB` */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
