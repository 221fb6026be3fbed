/** One line of `nascent doctor`. */
export interface HealthCheck {
  readonly name: string;
  /** `ok`; `missing`: a search cannot run without it; `advice`: it can, but something is to be gained. */
  readonly state: 'ok' | 'missing' | 'advice';
  readonly found: string;
  /** What to do about it; null where nothing is to be done. */
  readonly fix: string | null;
}

export function ok(name: string, found: string): HealthCheck {
  return { name, state: 'ok', found, fix: null };
}

export function missing(name: string, found: string, fix: string): HealthCheck {
  return { name, state: 'missing', found, fix };
}

export function advice(name: string, found: string, fix: string): HealthCheck {
  return { name, state: 'advice', found, fix };
}
