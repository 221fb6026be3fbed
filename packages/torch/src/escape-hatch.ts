import { TorchError } from './errors.ts';
import { Generator } from './generator.ts';
import { type NativeResult, type NativeValue, native, type OperatorSchema } from './native.ts';
import { Operator } from './operator.ts';
import { Tensor } from './tensor.ts';
import { refusal } from './unsafe-operators.ts';

/** What an operator of the escape hatch gives: a value for each return of its schema. */
export type OperatorResult = Tensor | number | bigint | boolean | string | null | readonly OperatorResult[];

const schemas = new Map<string, { operator: Operator; schema: OperatorSchema }>();

/**
 * Calls any of libtorch's operators by name: the way to those that have no typed function here.
 *
 * **Unsafe.** Arguments are checked against the schema and operators that reach into storage are refused, but
 * some of libtorch's internal operators (mostly those with a leading underscore) trust their caller and can
 * crash the process.
 *
 * @param name for example `'aten::add'`
 * @param overload for example `'Tensor'`; `''` where the operator has none
 * @param args in the schema's order, keyword-only ones too; undefined is the default, null is None; tensors,
 *   numbers, booleans, strings, Generators and arrays of them; dtypes and memory formats by name
 * @returns one value for each return of the schema
 * @throws TorchError NO_SUCH_OPERATOR, OPERATOR_REFUSED, BAD_ARGUMENT, UNSUPPORTED_TYPE, OPERATOR_FAILED
 */
export function callOperator(name: string, overload: string, args: readonly unknown[]): OperatorResult[] {
  const { operator, schema } = find(name, overload);
  const results = operator.call(...nativeArguments(operator, schema, args));
  if (schema.returns.length === 0) return [];
  const listed = schema.returns.length === 1 ? [results] : (results as readonly NativeResult[]);
  return listed.map((result, i) => fromNative(result, schema.returns[i] ?? ''));
}

/** Every operator that has a schema, as `aten::add.Tensor`. */
export function listOperators(): string[] {
  return native().listOperators().sort();
}

/** The schema in libtorch's own notation: `aten::relu(Tensor self) -> Tensor`. */
export function operatorSchema(name: string, overload = ''): string {
  return native().schema(native().resolve(name, overload)).text;
}

function find(name: string, overload: string): { operator: Operator; schema: OperatorSchema } {
  const title = overload === '' ? name : `${name}.${overload}`;
  const known = schemas.get(title);
  if (known !== undefined) return known;
  const reason = refusal(name);
  if (reason !== undefined) {
    throw new TorchError('OPERATOR_REFUSED', `${title} ${reason}`, { operator: title });
  }
  const operator = new Operator(name, overload);
  const found = { operator, schema: native().schema(operator.number) };
  schemas.set(title, found);
  return found;
}

function nativeArguments(
  operator: Operator,
  schema: OperatorSchema,
  args: readonly unknown[],
): NativeValue[] {
  if (args.length > schema.arguments.length) {
    throw new TorchError(
      'BAD_ARGUMENT',
      `${schema.text} takes ${schema.arguments.length} arguments, found ${args.length}`,
      { operator: operator.name },
    );
  }
  return args.map((arg, i) => {
    const { kind, name, type } = schema.arguments[i] as OperatorSchema['arguments'][number];
    const refuse = (): never => {
      const found = arg instanceof Tensor ? arg.toString() : Array.isArray(arg) ? 'an array' : String(arg);
      throw new TorchError('BAD_ARGUMENT', `argument '${name}' is ${type}, found ${found}`, {
        operator: operator.name,
      });
    };
    if (arg === undefined || arg === null) return arg;
    // A tensor must come as a Tensor: a bare number would be taken for a handle.
    if (kind === 'tensor') return arg instanceof Tensor ? arg.handle : refuse();
    if (kind === 'generator') return arg instanceof Generator ? arg.handle : refuse();
    if (kind === 'tensors') {
      if (!Array.isArray(arg)) return refuse();
      return arg.map((element) => {
        if (element === null) return null;
        return element instanceof Tensor ? element.handle : refuse();
      });
    }
    return isPlain(arg) ? arg : refuse();
  });
}

function isPlain(value: unknown): value is NativeValue {
  if (Array.isArray(value)) return value.every(isPlain);
  return value === null || ['number', 'bigint', 'boolean', 'string'].includes(typeof value);
}

function fromNative(result: NativeResult, type: string): OperatorResult {
  const isTensor =
    type.startsWith('Tensor') || type.startsWith('Optional[Tensor') || type.startsWith('List[Tensor');
  if (Array.isArray(result))
    return result.map((element: NativeResult) => fromNative(element, isTensor ? 'Tensor' : ''));
  if (isTensor && typeof result === 'number') return new Tensor(result);
  return result as OperatorResult;
}
