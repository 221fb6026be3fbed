/**
 * The base of every error that Nascent throws on purpose.
 *
 * A message says what was found, where, what was expected, and how to mend it. An outcome that a search
 * expects (a child diverged) is a value of `evaluation/`, not an error.
 */
export class NascentError extends Error {
  /** Stable, machine-readable; for example `CONFIG_INVALID`. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The message of whatever was thrown; `cause`s are appended after a colon, unless the message tells them already. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { message, cause } = thrown;
  // A validation's own message is JSON, for machines: who throws because of it has written it out in words.
  if (cause === undefined || (cause instanceof Error && /^\$?ZodError$/.test(cause.name))) return message;
  const because = messageOf(cause);
  return message.includes(because) ? message : `${message}: ${because}`;
}
