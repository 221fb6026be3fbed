// Dense tensors in pixel-major ("channels-last") memory.
//
// [N, C, H, W] in pixel-major memory is a matrix of N·H·W rows and C columns. Only included by kernels.
#pragma once

#include "loops.h"

namespace nascent {

/// Whether kernels of our own take it: a float32 or bfloat16 image tensor, pixel-major and dense, on the CPU.
inline bool is_pixel_major(const at::Tensor& tensor) {
  return tensor.dim() == 4 && tensor.is_cpu() && tensor.layout() == at::kStrided && tensor.numel() > 0 &&
      (tensor.scalar_type() == at::kFloat || in_bfloat16(tensor)) && tensor.is_contiguous(at::MemoryFormat::ChannelsLast);
}

} // namespace nascent
