// Native memory: kept by glibc instead of given back after every step, counted, and told to V8.
#include "memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/version.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef __APPLE__
#include <malloc/malloc.h>
#endif

namespace nascent {

namespace {

std::atomic<int64_t> held{0};
std::atomic<int64_t> peak{0};
int64_t told = 0;

int64_t size_of(void* block) {
#if defined(__GLIBC__)
  return static_cast<int64_t>(malloc_usable_size(block));
#elif defined(__APPLE__)
  return static_cast<int64_t>(malloc_size(block));
#else
  return 0; // no counter on this platform
#endif
}

void free_counted(void* block) {
  if (!block) return;
  held.fetch_sub(size_of(block), std::memory_order_relaxed);
  c10::free_cpu(block);
}

/// libtorch's own CPU allocation with a counter around it.
struct CountingAllocator final : c10::Allocator {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
  c10::DataPtr allocate(size_t bytes) override {
#else
  c10::DataPtr allocate(size_t bytes) const override {
#endif
    void* block = c10::alloc_cpu(bytes);
    if (block) {
      auto now = held.fetch_add(size_of(block), std::memory_order_relaxed) + size_of(block);
      auto before = peak.load(std::memory_order_relaxed);
      while (now > before && !peak.compare_exchange_weak(before, now, std::memory_order_relaxed)) {}
    }
    return {block, block, &free_counted, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free_counted; }
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
  void copy_data(void* to, const void* from, std::size_t count) const
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 2
      override
#endif
  {
    std::memcpy(to, from, count);
  }
#endif
};

std::mutex released_mutex;
std::vector<napi_ref> released;

napi_value native_bytes(napi_env env, napi_callback_info) { return from_number(env, held.load()); }
napi_value peak_native_bytes(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  auto result = from_number(env, peak.load());
  if (!absent(env, args[0]) && to_bool(env, args[0])) peak = held.load();
  return result;
}
/// Gives free memory back to the kernel: between two trainings, not within one.
napi_value release_memory(napi_env, napi_callback_info) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return nullptr;
}

} // namespace

void release_later(napi_ref reference) {
  std::lock_guard<std::mutex> lock(released_mutex);
  released.push_back(reference);
}

void settle_memory(napi_env env) {
  auto change = held.load(std::memory_order_relaxed) - told;
  if (change > (1 << 20) || change < -(1 << 20)) { // V8 need not hear of every small tensor
    int64_t total;
    napi_adjust_external_memory(env, change, &total);
    told += change;
  }
  std::vector<napi_ref> gone;
  {
    std::lock_guard<std::mutex> lock(released_mutex);
    if (released.empty()) return;
    gone.swap(released);
  }
  for (auto reference : gone) napi_delete_reference(env, reference);
}

void export_memory(napi_env env, napi_value exports) {
  static bool once = [] {
#ifdef __GLIBC__
    // By default glibc returns every freed activation to the kernel and each training step pays the page
    // faults anew: a factor of 1.3 and more.
    if (!mallopt(M_MMAP_THRESHOLD, 1 << 30)) mallopt(M_MMAP_THRESHOLD, 32 << 20); // older glibc caps it
    mallopt(M_TRIM_THRESHOLD, 2147483647);
    mallopt(M_TOP_PAD, 64 << 20);
#endif
    static CountingAllocator allocator;
    c10::SetCPUAllocator(&allocator, 1);
    return true;
  }();
  (void)once;
  NASCENT_EXPORT("nativeBytes", native_bytes);
  NASCENT_EXPORT("peakNativeBytes", peak_native_bytes);
  NASCENT_EXPORT("releaseMemory", release_memory);
}

} // namespace nascent
