/**
 * The evaluators that look architectures up in published tables, by name. Each is read when it is asked for. All of
 * them are inline: they need no process of their own, and no engine.
 */
export const tableEvaluators: ReadonlyMap<string, () => Promise<Readonly<Record<string, unknown>>>> = new Map<
  string,
  () => Promise<Readonly<Record<string, unknown>>>
>([
  ['nas-bench-201', () => import('./nas-bench-201.ts')],
  ['nas-bench-macro', () => import('./nas-bench-macro.ts')],
  ['nats-bench-size', () => import('./nats-bench-size.ts')],
  ['nas-bench-nlp', () => import('./nas-bench-nlp.ts')],
]);
