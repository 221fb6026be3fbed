import type { TopLevelSpec } from 'vega-lite';

/** A chart of a report. */
export interface Figure {
  /** File name without `.svg`. */
  readonly name: string;
  /** Says what is seen, for those who do not see it and as the caption. */
  readonly caption: string;
  readonly spec: TopLevelSpec;
}
