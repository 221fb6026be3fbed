import { describe, expect, it } from 'vitest';
import {
  callOperator,
  Generator,
  listOperators,
  ones,
  operatorSchema,
  scope,
  type Tensor,
  TorchError,
  type TorchErrorCode,
  tensor,
} from './index.ts';

const codeOf = (name: string, overload: string, args: unknown[]): TorchErrorCode | undefined => {
  try {
    scope(() => {
      callOperator(name, overload, args);
    });
  } catch (thrown) {
    if (thrown instanceof TorchError) return thrown.code;
    throw thrown;
  }
  return undefined;
};
const numbers = (result: unknown): number[] => (result as Tensor).toNumbers();

describe('escape hatch', () => {
  it('reaches every operator by name', () => {
    const names = listOperators();
    expect(names.length).toBeGreaterThan(2000);
    for (const name of ['aten::add.Tensor', 'aten::conv2d', 'aten::fft_fft', 'aten::linalg_svd']) {
      expect(names).toContain(name);
    }
    expect(operatorSchema('aten::relu')).toBe('aten::relu(Tensor self) -> Tensor');
  });

  it('takes scalars, lists, dtypes by name, defaults and none; gives one value for each return', () => {
    scope(() => {
      expect(numbers(callOperator('aten::add', 'Tensor', [ones([2]), ones([2]), 3])[0])).toEqual([4, 4]);
      expect(callOperator('aten::to', 'dtype', [ones([1]), 'int64'])[0]).toHaveProperty('dtype', 'int64');
      const [values, indices] = callOperator('aten::topk', '', [tensor([1, 5, 3]), 2]);
      expect([numbers(values), numbers(indices)]).toEqual([
        [5, 3],
        [1, 2],
      ]);
      const [parts] = callOperator('aten::unbind', 'int', [tensor([1, 2])]);
      expect((parts as Tensor[]).map((part) => part.item())).toEqual([1, 2]);
      expect(callOperator('aten::clamp', '', [tensor([-1, 9]), null, 2]).map(numbers)).toEqual([[-1, 2]]);
      expect(callOperator('aten::size', 'int', [ones([4, 7]), 1])).toEqual([7]);
      expect(callOperator('aten::is_floating_point', '', [ones([1])])).toEqual([true]);
      expect(
        callOperator('aten::index', 'Tensor', [
          tensor([
            [1, 2],
            [3, 4],
          ]),
          [null, tensor([1], { dtype: 'int64' })],
        ]).map(numbers),
      ).toEqual([[2, 4]]);
    });
  });

  it('takes a generator', () => {
    scope(() => {
      const draw = () => numbers(callOperator('aten::normal_', '', [ones([3]), 0, 1, new Generator(5)])[0]);
      expect(draw()).toEqual(draw());
    });
  });

  it('records for backward', () => {
    scope(() => {
      const w = tensor([2], { requiresGrad: true });
      (callOperator('aten::pow', 'Tensor_Scalar', [w, 3])[0] as Tensor).backward();
      expect(w.grad?.item()).toBe(12);
    });
  });

  it('refuses names and overloads that do not exist, and says which overloads do', () => {
    expect(codeOf('aten::nothing', '', [])).toBe('NO_SUCH_OPERATOR');
    expect(() => callOperator('aten::add', 'Tensors', [])).toThrow(/'Tensor'/);
  });

  it('refuses arguments that do not fit the schema', () => {
    const one = ones([1]);
    for (const args of [
      [one],
      [one, one, one],
      [one, one, 1, 1],
      [1, one],
      [one, 2],
      [one, 'x'],
      [one, null],
      [one, [one]],
    ]) {
      expect(codeOf('aten::add', 'Tensor', args), String(args)).toBe('BAD_ARGUMENT');
    }
    expect(codeOf('aten::sum', 'dim_IntList', [one, [0.5]])).toBe('BAD_ARGUMENT');
    expect(codeOf('aten::sum', 'dim_IntList', [one, one])).toBe('BAD_ARGUMENT');
    expect(codeOf('aten::cat', '', [one])).toBe('BAD_ARGUMENT');
    expect(codeOf('aten::to', 'dtype', [one, 'float8'])).toBe('BAD_ARGUMENT');
    expect(codeOf('aten::normal_', '', [one, 0, 1, 5])).toBe('BAD_ARGUMENT');
    one.dispose();
    expect(codeOf('aten::relu', '', [one])).toBe('TENSOR_DISPOSED');
  });

  it('a number is never taken for a tensor, not even the handle of one', () => {
    const secret = ones([1]);
    expect(codeOf('aten::relu', '', [secret.handle])).toBe('BAD_ARGUMENT');
    expect(codeOf('aten::cat', '', [[secret.handle]])).toBe('BAD_ARGUMENT');
    secret.dispose();
  });

  it('refuses operators that reach into storage or trust their caller', () => {
    for (const [name, overload] of [
      ['aten::set_', 'source_Storage'],
      ['aten::resize_', ''],
      ['aten::as_strided', ''],
      ['aten::as_strided_', ''],
      ['aten::record_stream', ''],
      ['aten::set_data', ''],
      ['aten::_embedding_bag', ''],
      ['aten::_sparse_coo_tensor_unsafe', ''],
      ['aten::_indices', ''],
      ['prim::layout', ''],
    ] as const) {
      expect(codeOf(name, overload, []), name).toBe('OPERATOR_REFUSED');
    }
  });

  it('refuses types that JavaScript cannot hold', () => {
    expect(codeOf('aten::complex', '', [ones([1]), ones([1])])).toBeUndefined();
    expect(codeOf('aten::_test_serialization_subcmul', '', [])).toMatch(/OPERATOR_REFUSED|NO_SUCH_OPERATOR/);
  });
});
