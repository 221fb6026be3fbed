// The engine's settings: threads, devices, seeds, generators, autocast, and what was built into libtorch.
#include "engine.h"

#include "cuda-driver.h"
#include "slots.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/autocast_mode.h>
#include <torch/version.h>

#if defined(__unix__) || defined(__APPLE__)
#include <dlfcn.h>
#endif

#include <cmath>
#include <unordered_map>

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
#define NASCENT_AUTOCAST_BY_DEVICE 1
#endif

namespace nascent {

namespace {

std::unordered_map<int64_t, at::Generator>& generators() {
  static auto* table = new std::unordered_map<int64_t, at::Generator>;
  return *table;
}
int64_t next_generator = 1;

uint64_t to_seed(napi_env env, napi_value value) {
  double seed = to_number(env, value);
  if (!(seed >= 0 && seed <= 9007199254740991.0) || seed != std::floor(seed))
    fail("BAD_ARGUMENT", "a seed is an integer from 0 to 2^53 - 1, found " + std::to_string(seed));
  return static_cast<uint64_t>(seed);
}

napi_value make_generator(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  auto generator = at::detail::createCPUGenerator(to_seed(env, args[0]));
  generators().emplace(next_generator, std::move(generator));
  return from_number(env, next_generator++);
}
napi_value release_generator(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  generators().erase(to_int(env, args[0]));
  return nullptr;
}
napi_value seed_generator(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  auto generator = generator_of(env, args[0]);
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_current_seed(to_seed(env, args[1]));
  return nullptr;
}
/// The state as a handle of a uint8 tensor.
napi_value generator_state(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  return from_tensor(env, generator_of(env, args[0]).get_state());
}
napi_value set_generator_state(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  generator_of(env, args[0]).set_state(tensor_of(env, args[1]));
  return nullptr;
}

napi_value manual_seed(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  at::manual_seed(to_seed(env, args[0]));
  return nullptr;
}

/// OpenBLAS keeps threads of its own, of which libtorch built for "some BLAS" knows nothing.
void set_blas_threads(int count) {
#if defined(__unix__) || defined(__APPLE__)
  using Setter = void (*)(int);
  auto setter = reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (setter) setter(count);
#endif
}

/// 0 when the BLAS is not OpenBLAS.
int blas_threads() {
#if defined(__unix__) || defined(__APPLE__)
  using Getter = int (*)();
  auto getter = reinterpret_cast<Getter>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  if (getter) return getter();
#endif
  return 0;
}

napi_value set_threads(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  auto count = to_int(env, args[0]);
  if (count < 1 || count > 4096) fail("BAD_ARGUMENT", "the number of threads must be 1–4096, found " + std::to_string(count));
  at::set_num_threads(static_cast<int>(count));
  set_blas_threads(static_cast<int>(count));
  return nullptr;
}
napi_value get_threads(napi_env env, napi_callback_info) { return from_number(env, at::get_num_threads()); }


bool has_mps() {
#if TORCH_VERSION_MAJOR > 1 || TORCH_VERSION_MINOR >= 12
  return at::hasMPS();
#else
  return false;
#endif
}

napi_value engine_facts(napi_env env, napi_callback_info) {
  napi_value result;
  napi_create_object(env, &result);
  auto put = [&](const char* name, napi_value value) { napi_set_named_property(env, result, name, value); };
  put("version", from_string(env, TORCH_VERSION));
  put("config", from_string(env, at::show_config()));
  put("cudaDevices", from_number(env, at::hasCUDA() ? at::getNumGPUs() : 0));
  put("blasThreads", from_number(env, blas_threads()));
  put("mps", from_bool(env, has_mps()));
  put("mkl", from_bool(env, at::hasMKL()));
  put("onednn", from_bool(env, at::hasMKLDNN()));
  put("openmp", from_bool(env, at::hasOpenMP()));
  return result;
}

/// noCudaKernels(): why no kernels can be compiled for CUDA here; null where they can
napi_value no_cuda_kernels_js(napi_env env, napi_callback_info) {
  if (!at::hasCUDA() || at::getNumGPUs() == 0) return from_string(env, "this libtorch reaches no CUDA device");
  const char* reason = no_cuda_kernels();
  return reason ? from_string(env, reason) : null(env);
}

c10::DeviceType device_type(const std::string& name) { return c10::Device(name).type(); }

/// enterAutocast(device, dtype): the earlier state, for leaveAutocast.
napi_value enter_autocast(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  auto device = device_type(to_string(env, args[0]));
  auto dtype = static_cast<at::ScalarType>(to_int(env, args[1]));
  bool enabled;
  at::ScalarType earlier;
#ifdef NASCENT_AUTOCAST_BY_DEVICE
  enabled = at::autocast::is_autocast_enabled(device);
  earlier = at::autocast::get_autocast_dtype(device);
  at::autocast::set_autocast_dtype(device, dtype);
  at::autocast::set_autocast_enabled(device, true);
#else
  if (device == c10::kCPU) {
    enabled = at::autocast::is_cpu_enabled();
    earlier = at::autocast::get_autocast_cpu_dtype();
    at::autocast::set_autocast_cpu_dtype(dtype);
    at::autocast::set_cpu_enabled(true);
  } else if (device == c10::kCUDA) {
    enabled = at::autocast::is_enabled();
    earlier = at::autocast::get_autocast_gpu_dtype();
    at::autocast::set_autocast_gpu_dtype(dtype);
    at::autocast::set_enabled(true);
  } else {
    fail("BAD_ARGUMENT", "this libtorch has autocast on cpu and cuda only");
  }
#endif
  at::autocast::increment_nesting();
  return from_number(env, static_cast<double>(earlier) * 2 + (enabled ? 1 : 0));
}

napi_value leave_autocast(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  auto device = device_type(to_string(env, args[0]));
  auto state = to_int(env, args[1]);
  bool enabled = state & 1;
  auto dtype = static_cast<at::ScalarType>(state >> 1);
  // The outermost region drops the low-precision copies of the weights: they are stale after a step.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
#ifdef NASCENT_AUTOCAST_BY_DEVICE
  at::autocast::set_autocast_enabled(device, enabled);
  at::autocast::set_autocast_dtype(device, dtype);
#else
  if (device == c10::kCPU) {
    at::autocast::set_cpu_enabled(enabled);
    at::autocast::set_autocast_cpu_dtype(dtype);
  } else {
    at::autocast::set_enabled(enabled);
    at::autocast::set_autocast_gpu_dtype(dtype);
  }
#endif
  return nullptr;
}

} // namespace

at::Generator generator_of(napi_env env, napi_value handle) {
  auto found = generators().find(to_int(env, handle));
  if (found == generators().end()) fail("BAD_ARGUMENT", "no such generator");
  return found->second;
}

bool in_autocast(c10::DeviceType device) {
#ifdef NASCENT_AUTOCAST_BY_DEVICE
  return at::autocast::is_autocast_enabled(device) && at::autocast::get_autocast_dtype(device) == at::kBFloat16;
#else
  if (device == c10::kCUDA) return at::autocast::is_enabled() && at::autocast::get_autocast_gpu_dtype() == at::kBFloat16;
  return at::autocast::is_cpu_enabled() && at::autocast::get_autocast_cpu_dtype() == at::kBFloat16;
#endif
}

void export_engine(napi_env env, napi_value exports) {
  static bool once = [] {
    try {
      at::set_num_interop_threads(1); // nothing here runs operators side by side
    } catch (const c10::Error&) {
      // Another user of libtorch in this process has started them already.
    }
    return true;
  }();
  (void)once;
  NASCENT_EXPORT("makeGenerator", make_generator);
  NASCENT_EXPORT("releaseGenerator", release_generator);
  NASCENT_EXPORT("seedGenerator", seed_generator);
  NASCENT_EXPORT("generatorState", generator_state);
  NASCENT_EXPORT("setGeneratorState", set_generator_state);
  NASCENT_EXPORT("manualSeed", manual_seed);
  NASCENT_EXPORT("setThreads", set_threads);
  NASCENT_EXPORT("getThreads", get_threads);
  NASCENT_EXPORT("engineFacts", engine_facts);
  NASCENT_EXPORT("noCudaKernels", no_cuda_kernels_js);
  NASCENT_EXPORT("enterAutocast", enter_autocast);
  NASCENT_EXPORT("leaveAutocast", leave_autocast);
}

} // namespace nascent
