// CUDA kernels compiled at run time, through the NVRTC and the driver that a libtorch for CUDA brings along.
//
// Both are looked up by name when they are first needed: the addon is built without CUDA's headers, and the same one
// runs where there is no CUDA.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <string>

namespace nascent {

/// Null where kernels can be compiled and launched in this process; else why not.
const char* no_cuda_kernels();

/// A compiled source, on one device. Unloaded with its last owner.
class CudaModule {
 public:
  /// @throws Failure OPERATOR_FAILED with the compiler's words, OUT_OF_MEMORY, DEVICE_FAILED
  static std::shared_ptr<const CudaModule> compile(const std::string& source, c10::Device device);
  ~CudaModule();
  CudaModule(const CudaModule&) = delete;
  CudaModule& operator=(const CudaModule&) = delete;

  /// @throws Failure OPERATOR_FAILED, OUT_OF_MEMORY, DEVICE_FAILED
  void* kernel(const char* name) const;
  const c10::Device device;

 private:
  CudaModule(c10::Device device, void* module) : device(device), module_(module) {}
  void* const module_;
};

/// Launches so many threads on the device's default stream, which is the only one that this engine uses.
/// @param arguments pointers to the kernel's arguments
/// @throws Failure OPERATOR_FAILED, OUT_OF_MEMORY, DEVICE_FAILED
void launch(void* kernel, int64_t threads, void** arguments);

} // namespace nascent
