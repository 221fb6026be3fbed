// Preloaded into a worker's process: its clock is as many milliseconds ahead as NASCENT_TEST_SKEW_MS says.
const skewMs = Number(process.env.NASCENT_TEST_SKEW_MS);
const TrueDate = globalThis.Date;
globalThis.Date = class extends TrueDate {
  constructor(...given) {
    if (given.length === 0) super(TrueDate.now() + skewMs);
    else super(...given);
  }
  static now() {
    return TrueDate.now() + skewMs;
  }
};
