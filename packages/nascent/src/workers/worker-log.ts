/** From the least to the most urgent. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** What a worker says while it works. */
export interface WorkerLog {
  /**
   * @param event stable, for machines, for example `trial-ended`
   * @param words for people; without secrets, as every error message of ours is
   */
  log(level: LogLevel, event: string, words: string, fields?: LogFields): void;
  /** The same log with further fields in each of its lines. */
  about(fields: LogFields): WorkerLog;
}

export interface WorkerLogOptions {
  /** `json`: an object a line. `text`: lines for people. */
  readonly format: 'json' | 'text';
  /** What is less urgent is left out. */
  readonly level: LogLevel;
  /** Takes a line without its line break. */
  readonly write: (line: string) => void;
  readonly now?: () => Date;
}

export function openWorkerLog(
  { format, level: least, write, now = () => new Date() }: WorkerLogOptions,
  about: LogFields = {},
): WorkerLog {
  return {
    log(level, event, words, fields = {}) {
      if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
      const time = now().toISOString();
      write(
        format === 'json'
          ? JSON.stringify({ time, level, event, message: words, ...about, ...fields })
          : `${time.slice(11, 19)} ${level.padEnd(5)} ${words}`,
      );
    },
    about: (more) => openWorkerLog({ format, level: least, write, now }, { ...about, ...more }),
  };
}
