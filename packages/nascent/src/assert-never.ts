/** Makes a `switch` over a union exhaustive: a new member of the union fails to compile here. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}: a case is missing here`);
}
