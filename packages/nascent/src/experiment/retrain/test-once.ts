import { z } from 'zod';
import type { ConfusionMatrix } from '../../child/confusion-matrix.ts';
import type { LogEntry, Store } from '../../store/store.ts';

/** Kinds of entries in the logs of the grid's study and of the search's. */
export const TEST_OPENED = 'test-set-opened';
export const TEST_RESULT = 'test-set-result';

const accuracySchema = z.object({
  metric: z.literal('accuracy').default('accuracy'), // the first releases knew no other and did not say
  confusion: z.array(z.array(z.int().min(0))).min(1),
  accuracy: z.number(),
  datasetChecksum: z.string(),
});

const perplexitySchema = z.object({
  metric: z.literal('perplexity'),
  perplexity: z.number().min(1),
  /** Its logarithm to base 2: bits for each word, or for each character. */
  bitsPerToken: z.number().min(0),
  /** Words (or characters) of the test text. */
  words: z.int().min(2),
  datasetChecksum: z.string(),
});

const resultSchema = z.union([perplexitySchema, accuracySchema]);

/** What the test images said. */
export interface TestAccuracy {
  readonly metric: 'accuracy';
  readonly accuracy: number;
  /** Rows: classes of the test images; columns: what the network took them for. */
  readonly confusion: ConfusionMatrix;
  /** SHA-256 (hex) of the test images. */
  readonly datasetChecksum: string;
}

/** What the test text said. */
export type TestPerplexity = Readonly<z.output<typeof perplexitySchema>>;

/** What the test set said. */
export type TestScores = TestAccuracy | TestPerplexity;

/** How it was opened. */
interface Opening {
  /** ISO 8601, UTC: when it was opened for this result. */
  readonly openedAt: string;
  /** Earlier openings that were cut off before their result was stored. */
  readonly cutOff: number;
}

export type TestResult = TestScores & Opening;

/**
 * What a log says of the test set.
 * @returns openings without a result, and the result, null where there is none yet
 */
export function testedSoFar(log: readonly LogEntry[]): {
  readonly cutOff: number;
  readonly result: TestResult | null;
} {
  const opened = log.filter(({ kind }) => kind === TEST_OPENED);
  const stored = log.find(({ kind }) => kind === TEST_RESULT);
  if (stored === undefined) return { cutOff: opened.length, result: null };
  const cutOff = Math.max(0, opened.length - 1);
  const openedAt = opened.at(-1)?.at ?? stored.at;
  return { cutOff, result: { ...resultSchema.parse(stored.detail), openedAt, cutOff } };
}

/** A log that openings of the test set are written to. */
export interface TestLog {
  readonly store: Store;
  readonly study: number;
  /** What its entries say besides. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Opens the test set once: each log is told before, and gets the result afterwards. The first log decides whether
 * there is a result already; then nothing is opened.
 *
 * A process that dies in between has opened it without a result. The next run opens it again for the same model,
 * and the result says so (`cutOff`).
 */
export async function testOnce(
  logs: readonly [TestLog, ...TestLog[]],
  open: (cutOff: number) => Promise<TestScores>,
): Promise<TestResult> {
  const [first] = logs;
  const read = async () => testedSoFar(await first.store.logEntries(first.study));
  const before = await read();
  if (before.result !== null) return before.result;
  for (const { store, study, detail } of logs) await store.log(study, TEST_OPENED, detail);
  const scores = await open(before.cutOff);
  // The first log last: whatever it has, the others have.
  for (const { store, study, detail } of [...logs].reverse())
    await store.log(study, TEST_RESULT, { ...detail, ...scores });
  const after = await read();
  if (after.result === null) throw new Error(`the log of ${first.store.location} has lost an entry`);
  return after.result;
}
