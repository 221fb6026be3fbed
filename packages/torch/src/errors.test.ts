import { describe, expect, it } from 'vitest';
import { conv2d, crossEntropy, embedding, ones, scope, TorchError, tensor, zeros } from './index.ts';

function errorOf(run: () => unknown): TorchError {
  try {
    scope(run);
  } catch (thrown) {
    if (thrown instanceof TorchError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('errors from C++', () => {
  it('name the operator, the shapes and the dtypes, in the message and as fields', () => {
    const error = errorOf(() => zeros([2, 3]).matmul(zeros([4, 5], { dtype: 'float64' })));
    expect(error.code).toBe('OPERATOR_FAILED');
    expect(error.operator).toBe('aten::matmul');
    expect(error.arguments).toEqual(['self: float32[2, 3]', 'other: float64[4, 5]']);
    expect(error.message).toContain('aten::matmul(self: float32[2, 3], other: float64[4, 5]): ');
    expect(error.name).toBe('TorchError');
  });

  it('carry no C++ backtrace', () => {
    const { message } = errorOf(() => conv2d(zeros([1, 3, 8, 8]), zeros([4, 2, 3, 3])));
    expect(message).not.toMatch(/Exception raised from|frame #|\.cpp|0x[0-9a-f]{6}/);
    expect(message).toContain('weight: float32[4, 2, 3, 3]');
    expect(message).toContain('expected input[1, 3, 8, 8] to have 2 channels');
  });

  it('a value outside its range is one too: labels, indices', () => {
    const labels = errorOf(() => crossEntropy(zeros([2, 3]), tensor([0, 3], { dtype: 'int64' })));
    expect(labels.message).toContain('Target 3 is out of bounds');
    expect(errorOf(() => embedding(zeros([5, 2]), tensor([5], { dtype: 'int64' }))).code).toBe(
      'OPERATOR_FAILED',
    );
  });

  it('a wrong dtype is named', () => {
    const error = errorOf(() => crossEntropy(zeros([2, 3]), zeros([2], { dtype: 'int32' })));
    expect(error.arguments).toContain('target: int32[2]');
  });

  it('a list argument shows its tensors', () => {
    const error = errorOf(() => tensor([1, 2]).sum([3, 4]));
    expect(error.arguments).toContain('dim: [3, 4]');
  });

  it('a disposed tensor says which argument it was and what to do', () => {
    const gone = ones([1]);
    gone.dispose();
    const error = errorOf(() => ones([1]).add(gone));
    expect(error.code).toBe('TENSOR_DISPOSED');
    expect(error.message).toContain("argument 'other'");
    expect(error.message).toContain('keep()');
    expect(errorOf(() => gone.shape).code).toBe('TENSOR_DISPOSED');
    expect(errorOf(() => gone.toArray()).code).toBe('TENSOR_DISPOSED');
    expect(gone.toString()).toBe('Tensor(disposed)');
  });

  it('too large an allocation is OUT_OF_MEMORY', () => {
    expect(errorOf(() => zeros([2 ** 45])).code).toBe('OUT_OF_MEMORY');
  });

  it('a number where an integer belongs is refused', () => {
    const error = errorOf(() => zeros([2, 2]).sum(0.5));
    expect(error.code).toBe('BAD_ARGUMENT');
    expect(error.message).toContain('expected an integer, found 0.5');
  });

  it('item() of many elements is refused', () => {
    expect(errorOf(() => zeros([2]).item()).code).toBe('SHAPE_MISMATCH');
  });

  it('backward without a graph is refused', () => {
    expect(errorOf(() => zeros([1]).backward()).code).toBe('OPERATOR_FAILED');
    const twice = errorOf(() => {
      const loss = ones([1], { requiresGrad: true }).exp().sum();
      loss.backward();
      loss.backward();
    });
    expect(twice.message).toContain('second time');
  });
});
