/** How a process ended: exactly one of the two is not null. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

const meaning: Readonly<Record<string, string>> = {
  SIGSEGV: 'a crash in native code',
  SIGBUS: 'a crash in native code',
  SIGILL: 'an instruction that this processor does not have',
  SIGFPE: 'an arithmetic fault in native code',
  SIGABRT: 'native code gave up',
  SIGKILL: 'killed from outside, most likely by the kernel because memory ran out (see dmesg)',
};

const heapExhausted = /JavaScript heap out of memory|Array buffer allocation failed/;

/**
 * One line that says how a worker process died, then its last words.
 * @param lastLines the tail of its standard error
 */
export function describeExit({ code, signal }: ProcessExit, lastLines: readonly string[]): string {
  const heap = lastLines.some((line) => heapExhausted.test(line));
  const explained = heap
    ? 'the JavaScript heap ran out of memory'
    : signal === null
      ? undefined
      : meaning[signal];
  const end = signal === null ? `exited with code ${code}` : `ended by ${signal}`;
  const head = `worker process ${end}${explained === undefined ? '' : ` (${explained})`}`;
  return lastLines.length === 0 ? head : `${head}; its last lines:\n${lastLines.join('\n')}`;
}
