/** Ctrl-C and SIGTERM while a command works. */
export interface Interruption {
  /** Aborted by the first of them. */
  readonly signal: AbortSignal;
  /** Back to the process's own answer to these signals. */
  end(): void;
}

/**
 * The first Ctrl-C or SIGTERM asks the command to stop, the second ends the process at once with 130: whatever was
 * completed is on disk.
 * @param stopping called once, at the first
 */
export function onInterruption(stopping: () => void): Interruption {
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    stopping();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: stop.signal,
    end() {
      process.removeListener('SIGINT', interrupt);
      process.removeListener('SIGTERM', interrupt);
    },
  };
}
