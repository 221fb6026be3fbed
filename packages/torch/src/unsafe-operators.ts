// Operators that the escape hatch refuses: they replace or reinterpret storage, trust unchecked indices, or need
// objects that JavaScript cannot hold. With them a mistake is a crash or silent corruption, not an error.

const storage = 'reaches into the storage of a tensor, where a mistake corrupts memory';
const unchecked = 'does not check its arguments';
const foreign = 'needs an object of C++ or of the TorchScript interpreter';

const names: Readonly<Record<string, string>> = {
  'aten::set_': storage,
  'aten::set': storage,
  'aten::set_data': storage,
  'aten::resize_': storage,
  'aten::resize': storage,
  'aten::resize_as_': storage,
  'aten::resize_as': storage,
  'aten::resize_as_sparse_': storage,
  'aten::resize_as_sparse': storage,
  'aten::_resize_output_': storage,
  'aten::_resize_output': storage,
  'aten::as_strided': storage,
  'aten::as_strided_': storage,
  'aten::as_strided_copy': storage,
  'aten::as_strided_scatter': storage,
  'aten::_reshape_alias': storage,
  'aten::_reshape_alias_copy': storage,
  'aten::record_stream': foreign,
  'aten::from_file': 'maps a file into memory',
  'aten::data_ptr': storage,
  'aten::_local_scalar_dense': 'is item()',
  'aten::_cholesky_solve_helper': unchecked,
  'aten::_pin_memory': 'needs a device',
  'aten::_assert_async': 'aborts the process on a device',
};

const patterns: readonly (readonly [RegExp, string])[] = [
  [/^aten::(_unsafe|unsafe_|_validate_)|_unsafe$/, unchecked],
  [/^aten::_(embedding_bag|fbgemm|cudnn|miopen|mkldnn|nnpack|thnn|nested|make_dual|pack_padded)/, unchecked],
  [/^aten::_?(coalesced_|indices|values|dimI|dimV|nnz|crow_indices|col_indices)$/, storage],
  [/^(prim|prims|profiler|static_runtime|tensorexpr|mkldnn_prepacked|prepacked)::/, foreign],
  [/^aten::_?test_/, 'exists for the tests of libtorch'],
];

/** Why the escape hatch refuses an operator, as the rest of a sentence that begins with its name. */
export function refusal(name: string): string | undefined {
  if (Object.hasOwn(names, name)) return names[name];
  return patterns.find(([pattern]) => pattern.test(name))?.[1];
}
