// What kernels of our own share: loops compiled for each width of vectors and spread over threads.
//
// Only included by kernels: what stands here is compiled into each of them.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <c10/util/BFloat16.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>

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
/// The bits of a bfloat16, in the lower half.
NASCENT_INLINE uint32_t rounded_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16; // to nearest, ties to even
  return value != value ? 0x7fc0 : rounded;
}
NASCENT_INLINE void save(Half* to, float value) { to->bits = static_cast<uint16_t>(rounded_bits(value)); }

/// work(item) for each item, on libtorch's number of threads. Items must not depend on each other.
template <typename Work>
void for_each(int64_t items, const Work& work) {
  const int threads = static_cast<int>(std::min<int64_t>(at::get_num_threads(), items));
  (void)threads;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (int64_t item = 0; item < items; item++) work(item);
}

/// Where threads wait for each other many times in a row: they stay awake, but leave a core that others need.
class Barrier {
 public:
  void wait(int threads) {
    const int round = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (int tries = 0; round_.load(std::memory_order_acquire) == round; tries++)
      if (tries > 4000) std::this_thread::yield();
  }

 private:
  std::atomic<int> arrived_{0}, round_{0};
};

/// work(first, last, thread, meet) once on each of at most libtorch's number of threads, with a share of the items each;
/// meet() returns when all have called it. Results must not depend on how the items are shared out.
template <typename Work>
void for_shares(int64_t items, const Work& work) {
  const int64_t most = std::min<int64_t>(at::get_num_threads(), items);
  (void)most;
  Barrier barrier;
#pragma omp parallel num_threads(static_cast<int>(most)) if (most > 1)
  {
#ifdef _OPENMP
    const int threads = omp_get_num_threads(), thread = omp_get_thread_num();
#else
    const int threads = 1, thread = 0;
#endif
    work(items * thread / threads, items * (thread + 1) / threads, thread, [&] { barrier.wait(threads); });
  }
}

template <typename T>
const T* elements(const at::Tensor& tensor) { return static_cast<const T*>(tensor.data_ptr()); }
template <typename T>
T* elements_to_write(const at::Tensor& tensor) { return static_cast<T*>(tensor.data_ptr()); }

inline bool in_bfloat16(const at::Tensor& tensor) { return tensor.scalar_type() == at::kBFloat16; }

} // namespace nascent
