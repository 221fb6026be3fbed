// Tensors from and to JavaScript's typed arrays, and their attributes.
#include "bridge.h"
#include "memory.h"
#include "slots.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>

#include <cstring>

namespace nascent {

namespace {

at::ScalarType to_dtype(napi_env env, napi_value value) {
  auto code = to_int(env, value);
  if (code < 0 || code >= static_cast<int64_t>(at::ScalarType::NumOptions)) fail("BAD_ARGUMENT", "no such dtype");
  return static_cast<at::ScalarType>(code);
}

int64_t count_of(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (auto size : shape) {
    if (size < 0) fail("SHAPE_MISMATCH", "a size cannot be negative, found " + std::to_string(size));
    if (size && count > (int64_t(1) << 52) / size) fail("SHAPE_MISMATCH", "the shape has too many elements");
    count *= size;
  }
  return count;
}

void expect_bytes(const std::vector<int64_t>& shape, at::ScalarType dtype, const Bytes& bytes) {
  auto needed = count_of(shape) * static_cast<int64_t>(c10::elementSize(dtype));
  if (needed != static_cast<int64_t>(bytes.length))
    fail("SHAPE_MISMATCH",
         "the shape needs " + std::to_string(count_of(shape)) + " elements, the array has " +
             std::to_string(bytes.length / c10::elementSize(dtype)));
}

/// fromArray(typed, sourceDtype, dtype, shape, device): copies once.
napi_value from_array(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  auto bytes = to_bytes(env, args[0]);
  auto source = to_dtype(env, args[1]);
  auto dtype = to_dtype(env, args[2]);
  auto shape = to_ints(env, args[3]);
  expect_bytes(shape, source, bytes);
  c10::Device device(to_string(env, args[4]));
  c10::NoGradGuard no_grad;
  if (bytes.length == 0) return from_tensor(env, at::empty(shape, at::TensorOptions().dtype(dtype).device(device)));
  auto view = at::from_blob(bytes.data, shape, at::TensorOptions().dtype(source));
  return from_tensor(env, view.to(device, dtype, /*non_blocking=*/false, /*copy=*/true));
}

/// shareArray(typed, dtype, shape): the tensor reads and writes the array's own memory.
napi_value share_array(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  auto bytes = to_bytes(env, args[0]);
  auto dtype = to_dtype(env, args[1]);
  auto shape = to_ints(env, args[2]);
  expect_bytes(shape, dtype, bytes);
  if (bytes.length == 0) return from_tensor(env, at::empty(shape, at::TensorOptions().dtype(dtype)));
  napi_ref reference;
  check(env, napi_create_reference(env, args[0], 1, &reference), "a typed array");
  auto tensor = at::from_blob(
      bytes.data, shape, [reference](void*) { release_later(reference); }, at::TensorOptions().dtype(dtype));
  return from_tensor(env, std::move(tensor));
}

/// copyOut(tensor, typed, dtype): fills the array, converting to its dtype.
napi_value copy_out(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const auto& tensor = tensor_of(env, args[0]);
  auto bytes = to_bytes(env, args[1]);
  auto dtype = to_dtype(env, args[2]);
  if (tensor.numel() * static_cast<int64_t>(c10::elementSize(dtype)) != static_cast<int64_t>(bytes.length))
    fail("SHAPE_MISMATCH", "the array does not have the tensor's number of elements");
  if (bytes.length == 0) return nullptr;
  c10::NoGradGuard no_grad;
  auto target = at::from_blob(bytes.data, tensor.sizes(), at::TensorOptions().dtype(dtype));
  target.copy_(tensor.detach());
  return nullptr;
}

napi_value shape(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  auto sizes = tensor_of(env, args[0]).sizes();
  return from_ints(env, sizes.data(), sizes.size());
}
napi_value strides(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  auto sizes = tensor_of(env, args[0]).strides();
  return from_ints(env, sizes.data(), sizes.size());
}
napi_value dtype(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  return from_number(env, static_cast<double>(tensor_of(env, args[0]).scalar_type()));
}
napi_value device(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  return from_string(env, tensor_of(env, args[0]).device().str());
}
napi_value item(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const auto& tensor = tensor_of(env, args[0]);
  if (tensor.numel() != 1) fail("SHAPE_MISMATCH", "item() reads a tensor of one element; this one is " + describe(tensor));
  return from_number(env, tensor.item().toDouble());
}
napi_value contiguous_in(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  auto format = to_bool(env, args[1]) ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  return from_bool(env, tensor_of(env, args[0]).is_contiguous(format));
}
/// Another handle of the same tensor.
napi_value alias(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  at::Tensor tensor = tensor_of(env, args[0]);
  return from_tensor(env, std::move(tensor));
}
napi_value describe_js(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  return from_string(env, describe(tensor_of(env, args[0])));
}

} // namespace

void export_tensors(napi_env env, napi_value exports) {
  NASCENT_EXPORT("fromArray", from_array);
  NASCENT_EXPORT("shareArray", share_array);
  NASCENT_EXPORT("copyOut", copy_out);
  NASCENT_EXPORT("shape", shape);
  NASCENT_EXPORT("strides", strides);
  NASCENT_EXPORT("dtype", dtype);
  NASCENT_EXPORT("device", device);
  NASCENT_EXPORT("item", item);
  NASCENT_EXPORT("isContiguous", contiguous_in);
  NASCENT_EXPORT("alias", alias);
  NASCENT_EXPORT("describe", describe_js);
}

} // namespace nascent
