/** What a module of a config provides; fixes the shape that its default export must have. */
export type ModuleKind = 'space' | 'strategy' | 'evaluator';

/**
 * A module named by a config (`use`), resolved. Plain data: it crosses process edges and is stored.
 *
 * - `built-in`: part of Nascent, by name.
 * - `file`: a `.ts`, `.js` or `.mjs` file, absolute path.
 * - `package`: a package specifier, resolved from the config's directory to an absolute path.
 *
 * `contentHash` is the SHA-256 (hex) of the file and of the files that it imports by relative path: part of
 * the evaluator's identity, so that a changed evaluator is never taken for the old one.
 */
export type ModuleReference =
  | { readonly origin: 'built-in'; readonly use: string }
  | { readonly origin: 'file'; readonly use: string; readonly path: string; readonly contentHash: string }
  | { readonly origin: 'package'; readonly use: string; readonly path: string; readonly contentHash: string };
