// Automatic differentiation.
#include "bridge.h"
#include "slots.h"

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

namespace nascent {

namespace {

using torch::autograd::variable_list;

/// backward(tensor, gradient | null, retainGraph, createGraph)
napi_value backward(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  variable_list gradients;
  if (!absent(env, args[1])) gradients.push_back(tensor_of(env, args[1]));
  torch::autograd::backward({tensor_of(env, args[0])}, gradients, to_bool(env, args[2]), to_bool(env, args[3]));
  return nullptr;
}

/// gradients(outputs, inputs, gradOutputs | null, retainGraph, createGraph, allowUnused): handles, null if unused
napi_value gradients(napi_env env, napi_callback_info info) {
  Arguments<6> args(env, info);
  variable_list upstream;
  if (!absent(env, args[2])) upstream = tensors_of(env, args[2]);
  auto found = torch::autograd::grad(tensors_of(env, args[0]), tensors_of(env, args[1]), upstream,
                                     to_bool(env, args[3]), to_bool(env, args[4]), to_bool(env, args[5]));
  napi_value result;
  napi_create_array_with_length(env, found.size(), &result);
  for (size_t i = 0; i < found.size(); i++) napi_set_element(env, result, i, from_tensor(env, std::move(found[i])));
  return result;
}

napi_value grad(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  at::Tensor gradient = tensor_of(env, args[0]).grad();
  return from_tensor(env, std::move(gradient));
}

napi_value set_grad(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  at::Tensor tensor = tensor_of(env, args[0]);
  if (absent(env, args[1])) {
    tensor.mutable_grad() = at::Tensor();
    return nullptr;
  }
  const auto& gradient = tensor_of(env, args[1]);
  if (gradient.sizes() != tensor.sizes() || gradient.scalar_type() != tensor.scalar_type() ||
      gradient.device() != tensor.device())
    fail("SHAPE_MISMATCH", "a gradient has its tensor's shape, dtype and device: found " + describe(gradient) +
                               " for " + describe(tensor));
  tensor.mutable_grad() = gradient;
  return nullptr;
}

napi_value requires_grad(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  return from_bool(env, tensor_of(env, args[0]).requires_grad());
}
napi_value set_requires_grad(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  at::Tensor tensor = tensor_of(env, args[0]);
  bool on = to_bool(env, args[1]);
  if (on && !at::isFloatingType(tensor.scalar_type()))
    fail("BAD_DTYPE", "only floating-point tensors have gradients; this one is " + describe(tensor));
  tensor.requires_grad_(on);
  return nullptr;
}
napi_value is_leaf(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  return from_bool(env, tensor_of(env, args[0]).is_leaf());
}

/// setGradMode(on): what it was
napi_value set_grad_mode(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  bool earlier = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(to_bool(env, args[0]));
  return from_bool(env, earlier);
}

} // namespace

void export_autograd(napi_env env, napi_value exports) {
  NASCENT_EXPORT("backward", backward);
  NASCENT_EXPORT("gradients", gradients);
  NASCENT_EXPORT("grad", grad);
  NASCENT_EXPORT("setGrad", set_grad);
  NASCENT_EXPORT("requiresGrad", requires_grad);
  NASCENT_EXPORT("setRequiresGrad", set_requires_grad);
  NASCENT_EXPORT("isLeaf", is_leaf);
  NASCENT_EXPORT("setGradMode", set_grad_mode);
}

} // namespace nascent
