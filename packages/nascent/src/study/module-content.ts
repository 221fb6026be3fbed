import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const relativeImport = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/**
 * Fingerprint of a module: SHA-256 (hex) over the file and the files that it imports by relative path, and so on.
 * Packages are not followed. Where the files lie does not matter, only how they lie to each other.
 */
export function contentHash(entry: string): string {
  const contents = new Map<string, string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (contents.has(path)) continue;
    const text = readFileSync(path, 'utf8');
    contents.set(path, text);
    for (const [, specifier] of text.matchAll(relativeImport)) {
      const imported = specifier === undefined ? null : fileOf(join(dirname(path), specifier));
      if (imported !== null) open.push(imported);
    }
  }
  const parts = [...contents].map(([path, text]) => [relative(dirname(entry), path), text]).sort();
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The file that a relative import means; TypeScript writes `./x.js` for `./x.ts` too. */
function fileOf(path: string): string | null {
  const candidates = [
    path,
    path.replace(/\.([cm]?)js$/, '.$1ts'),
    `${path}.ts`,
    `${path}.js`,
    join(path, 'index.ts'),
  ];
  return candidates.find((file) => existsSync(file) && statSync(file).isFile()) ?? null;
}
