/** asciichart ships no types; this is the part that we use. */
declare module 'asciichart' {
  interface PlotOptions {
    /** Rows of the chart, less one. */
    height?: number;
    /** The label of a row; all of equal length. */
    format?: (value: number) => string;
  }
  const asciichart: { plot(series: readonly number[], options?: PlotOptions): string };
  export default asciichart;
}
