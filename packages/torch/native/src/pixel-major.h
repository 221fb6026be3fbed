// Dense tensors in pixel-major ("channels-last") memory, and loops over their rows, for kernels of our own.
//
// [N, C, H, W] in pixel-major memory is a matrix of N·H·W rows and C columns. Only included by kernels: what stands
// here is compiled into each of them.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <c10/util/BFloat16.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#ifdef _OPENMP
#include <omp.h>
#endif

// One body, compiled for each width of vectors; the right one is chosen when the addon loads.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__)
#define NASCENT_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define NASCENT_CLONES
#endif
#define NASCENT_INLINE inline __attribute__((always_inline))

namespace nascent {

NASCENT_INLINE float load(const float* from) { return *from; }
NASCENT_INLINE void save(float* to, float value) { *to = value; }
struct Half { uint16_t bits; }; // a bfloat16, without the branches of c10's rounding
NASCENT_INLINE float load(const Half* from) {
  uint32_t bits = static_cast<uint32_t>(from->bits) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
NASCENT_INLINE void save(Half* to, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16; // to nearest, ties to even
  to->bits = static_cast<uint16_t>(value != value ? 0x7fc0 : rounded);
}

/// work(item) for each item, on libtorch's number of threads. Items must not depend on each other.
template <typename Work>
void for_each(int64_t items, const Work& work) {
  const int threads = static_cast<int>(std::min<int64_t>(at::get_num_threads(), items));
  (void)threads;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (int64_t item = 0; item < items; item++) work(item);
}

template <typename T>
const T* elements(const at::Tensor& tensor) { return static_cast<const T*>(tensor.data_ptr()); }
template <typename T>
T* elements_to_write(const at::Tensor& tensor) { return static_cast<T*>(tensor.data_ptr()); }

inline bool in_bfloat16(const at::Tensor& tensor) { return tensor.scalar_type() == at::kBFloat16; }

/// Whether kernels of our own take it: a float32 or bfloat16 image tensor, pixel-major and dense, on the CPU.
inline bool is_pixel_major(const at::Tensor& tensor) {
  return tensor.dim() == 4 && tensor.is_cpu() && tensor.layout() == at::kStrided && tensor.numel() > 0 &&
      (tensor.scalar_type() == at::kFloat || in_bfloat16(tensor)) && tensor.is_contiguous(at::MemoryFormat::ChannelsLast);
}

} // namespace nascent
