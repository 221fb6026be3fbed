/** Bytes that are alive, counted as they come and go; the largest sum is what a computation needs. */
export class Ledger {
  #held = 0;
  #peak = 0;

  get peak(): number {
    return this.#peak;
  }

  hold(bytes: number): Block {
    this.#change(bytes);
    return new Block(bytes, (returned) => this.#change(-returned));
  }

  /** Bytes that live only inside one operator. */
  pass(bytes: number): void {
    this.hold(bytes).release();
  }

  #change(bytes: number): void {
    this.#held += bytes;
    this.#peak = Math.max(this.#peak, this.#held);
  }
}

/** One buffer, alive while somebody refers to it; whoever made it refers to it. */
export class Block {
  readonly bytes: number;
  readonly #giveBack: (bytes: number) => void;
  #references = 1;

  constructor(bytes: number, giveBack: (bytes: number) => void) {
    this.bytes = bytes;
    this.#giveBack = giveBack;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    this.#references--;
    if (this.#references === 0) this.#giveBack(this.bytes);
  }
}
