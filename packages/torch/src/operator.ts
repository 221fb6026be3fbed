import { type Handle, type NativeResult, type NativeValue, native } from './native.ts';

/**
 * An operator of libtorch, named once and resolved at its first call.
 *
 * Arguments go by position as the schema lists them; leaving one out (or undefined) means its default.
 */
export class Operator {
  readonly name: string;
  readonly overload: string;
  #number = -1;

  constructor(name: string, overload: string) {
    this.name = name;
    this.overload = overload;
  }

  /** Its number in the addon. @throws TorchError NO_SUCH_OPERATOR */
  get number(): number {
    if (this.#number < 0) this.#number = native().resolve(this.name, this.overload);
    return this.#number;
  }

  /** For operators that return one tensor: its handle. */
  tensor(...args: NativeValue[]): Handle {
    return native().call(this.number, ...args) as number;
  }

  /** For operators that return several tensors, or a list of them. */
  tensors(...args: NativeValue[]): readonly Handle[] {
    return native().call(this.number, ...args) as readonly number[];
  }

  /** Whatever it returns. */
  call(...args: NativeValue[]): NativeResult {
    return native().call(this.number, ...args);
  }

  /** For operators that write into their first argument; the result, which is that argument, is dropped. */
  inPlace(...args: NativeValue[]): void {
    native().callInPlace(this.number, ...args);
  }
}

/** `aten('add', 'Tensor')` is aten::add.Tensor. */
export function aten(name: string, overload = ''): Operator {
  return new Operator(`aten::${name}`, overload);
}
