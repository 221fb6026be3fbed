/** The part of jStat that is used here; it comes without types. */
declare module 'jstat' {
  interface StudentT {
    /** P(T ≤ x) with `degrees` > 0 degrees of freedom. */
    cdf(x: number, degrees: number): number;
    /** The quantile of `probability` in (0, 1). */
    inv(probability: number, degrees: number): number;
  }
  const jStat: { readonly studentt: StudentT };
  export default jStat;
}
