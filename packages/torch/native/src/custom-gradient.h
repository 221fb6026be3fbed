// What operations with a gradient of their own share.
#pragma once

#include "bridge.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

namespace nascent {

/// While it lives neither autograd nor autocast sees the operators that run.
struct Quietly {
  at::AutoDispatchBelowADInplaceOrView no_autograd;
  c10::impl::ExcludeDispatchKeyGuard no_autocast{
      c10::DispatchKeySet({c10::DispatchKey::AutocastCPU, c10::DispatchKey::AutocastCUDA})};
};

inline void refuse_second_gradient(const char* operation, const char* instead) {
  if (c10::GradMode::is_enabled())
    fail("OPERATOR_FAILED", std::string(operation) + " cannot be differentiated twice; use " + instead);
}

/// Uninitialised float32 on the CPU.
inline at::Tensor floats(at::IntArrayRef sizes) { return at::empty(sizes, at::TensorOptions().dtype(at::kFloat)); }

/// A float32 tensor with memory on the device that has elements.
inline bool holds_floats(const at::Tensor& tensor, c10::Device device = c10::kCPU) {
  return tensor.device() == device && tensor.layout() == at::kStrided && tensor.scalar_type() == at::kFloat &&
      tensor.numel() > 0;
}

} // namespace nascent
