/** A column or key that only one table has → the evaluator that reads it. */
const MARKS: readonly (readonly [mark: RegExp, evaluator: string])[] = [
  [/(^|,)val12(,|$)/, 'nas-bench-201'],
  [/(^|,)acc1(,|$)/, 'nas-bench-macro'],
  [/(^|,)channels(,|$)/, 'nats-bench-size'],
  [/^\{.*"val_ppl"/, 'nas-bench-nlp'],
];

/** Which evaluator's table begins with this line; null where none is known to. For hints in errors. */
export function recogniseHeader(line: string): string | null {
  return MARKS.find(([mark]) => mark.test(line))?.[1] ?? null;
}
