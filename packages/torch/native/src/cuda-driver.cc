#include "cuda-driver.h"

#include "bridge.h"

#include <c10/core/DeviceGuard.h>

#include <vector>

#if defined(__unix__)
#include <dlfcn.h>
#endif

namespace nascent {

namespace {

/// The functions of NVRTC and of the driver that are used here: C interfaces that have been the same since CUDA 11.1.
struct Cuda {
  int (*nvrtcCreateProgram)(void**, const char*, const char*, int, const char* const*, const char* const*);
  int (*nvrtcCompileProgram)(void*, int, const char* const*);
  int (*nvrtcGetProgramLogSize)(void*, size_t*);
  int (*nvrtcGetProgramLog)(void*, char*);
  int (*nvrtcGetCUBINSize)(void*, size_t*);
  int (*nvrtcGetCUBIN)(void*, char*);
  int (*nvrtcGetPTXSize)(void*, size_t*);
  int (*nvrtcGetPTX)(void*, char*);
  int (*nvrtcDestroyProgram)(void**);
  int (*cuDeviceGet)(int*, int);
  int (*cuDeviceGetAttribute)(int*, int, int);
  int (*cuDevicePrimaryCtxRetain)(void**, int);
  int (*cuCtxGetCurrent)(void**);
  int (*cuCtxSetCurrent)(void*);
  int (*cuModuleLoadData)(void**, const void*);
  int (*cuModuleUnload)(void*);
  int (*cuModuleGetFunction)(void**, void*, const char*);
  int (*cuLaunchKernel)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
  int (*cuGetErrorString)(int, const char**);
  std::string missing; // empty where all are there
};

const Cuda& cuda() {
  static const Cuda found = [] {
    Cuda table{};
#if defined(__unix__)
    // libtorch's own stub: it depends on the NVRTC that libtorch was built with and on the driver, wherever they are.
    void* library = dlopen("libcaffe2_nvrtc.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      const char* reason = dlerror();
      table.missing = reason ? reason : "libcaffe2_nvrtc.so is not there";
      return table;
    }
    auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
      if (!function) table.missing = std::string(name) + " is missing";
    };
#define NASCENT_FIND(name) find(table.name, #name)
    NASCENT_FIND(nvrtcCreateProgram);
    NASCENT_FIND(nvrtcCompileProgram);
    NASCENT_FIND(nvrtcGetProgramLogSize);
    NASCENT_FIND(nvrtcGetProgramLog);
    NASCENT_FIND(nvrtcGetCUBINSize);
    NASCENT_FIND(nvrtcGetCUBIN);
    NASCENT_FIND(nvrtcGetPTXSize);
    NASCENT_FIND(nvrtcGetPTX);
    NASCENT_FIND(nvrtcDestroyProgram);
    NASCENT_FIND(cuDeviceGet);
    NASCENT_FIND(cuDeviceGetAttribute);
    NASCENT_FIND(cuDevicePrimaryCtxRetain);
    NASCENT_FIND(cuCtxGetCurrent);
    NASCENT_FIND(cuCtxSetCurrent);
    NASCENT_FIND(cuModuleLoadData);
    NASCENT_FIND(cuModuleUnload);
    NASCENT_FIND(cuModuleGetFunction);
    NASCENT_FIND(cuLaunchKernel);
    NASCENT_FIND(cuGetErrorString);
#undef NASCENT_FIND
#else
    table.missing = "this platform has no CUDA";
#endif
    return table;
  }();
  return found;
}

[[noreturn]] void refuse(const std::string& problem) {
  fail("OPERATOR_FAILED", problem + "; recurrentTreeEager does without kernels of its own");
}

void succeed(int code, const char* what) {
  if (code == 0) return;
  const char* words = nullptr;
  cuda().cuGetErrorString(code, &words);
  const auto problem =
      std::string("CUDA could not ") + what + ": " + (words ? words : "error " + std::to_string(code));
  const char* const kind = code_of(problem);
  if (kind == std::string("OPERATOR_FAILED")) refuse(problem);
  fail(kind, problem);
}

/// A program of NVRTC while it is compiled.
class Program {
 public:
  explicit Program(const std::string& source) {
    if (cuda().nvrtcCreateProgram(&program_, source.c_str(), "tree.cu", 0, nullptr, nullptr) != 0)
      refuse("NVRTC could not begin a program");
  }
  ~Program() { cuda().nvrtcDestroyProgram(&program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  bool compile(const std::vector<const char*>& options) {
    return cuda().nvrtcCompileProgram(program_, static_cast<int>(options.size()), options.data()) == 0;
  }
  std::string log() { return read(cuda().nvrtcGetProgramLogSize, cuda().nvrtcGetProgramLog); }
  std::string machine_code() { return read(cuda().nvrtcGetCUBINSize, cuda().nvrtcGetCUBIN); }
  std::string intermediate_code() { return read(cuda().nvrtcGetPTXSize, cuda().nvrtcGetPTX); }

 private:
  template <class Size, class Get>
  std::string read(Size size_of, Get get) {
    size_t size = 0;
    if (size_of(program_, &size) != 0 || size == 0) return "";
    std::string text(size, '\0');
    return get(program_, &text[0]) == 0 ? text : "";
  }
  void* program_ = nullptr;
};

/// A thread that has not used the device yet, as one of autograd's, has no context: the one that libtorch works in.
void enter(c10::Device device) {
  void* context = nullptr;
  succeed(cuda().cuCtxGetCurrent(&context), "tell the context");
  if (context) return;
  int ordinal;
  succeed(cuda().cuDeviceGet(&ordinal, device.index()), "find the device");
  succeed(cuda().cuDevicePrimaryCtxRetain(&context, ordinal), "open the device");
  succeed(cuda().cuCtxSetCurrent(context), "enter the device's context");
}

std::string architecture(c10::Device device) {
  constexpr int major_capability = 75, minor_capability = 76; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_…
  int ordinal, major, minor;
  succeed(cuda().cuDeviceGet(&ordinal, device.index()), "find the device");
  succeed(cuda().cuDeviceGetAttribute(&major, major_capability, ordinal), "tell the compute capability");
  succeed(cuda().cuDeviceGetAttribute(&minor, minor_capability, ordinal), "tell the compute capability");
  return std::to_string(major) + std::to_string(minor);
}

/// Machine code for this very device; where NVRTC is older than the device, code that the driver compiles.
std::string compiled(const std::string& source, c10::Device device) {
  // Products and sums round one by one, as they do in operators apart.
  const char* const rounding = "--fmad=false";
  const auto target = "--gpu-architecture=sm_" + architecture(device);
  Program program(source);
  if (program.compile({target.c_str(), rounding}))
    if (auto code = program.machine_code(); !code.empty()) return code;
  Program general(source);
  if (!general.compile({rounding})) refuse("NVRTC could not compile the kernels of a tree: " + general.log());
  return general.intermediate_code();
}

} // namespace

const char* no_cuda_kernels() { return cuda().missing.empty() ? nullptr : cuda().missing.c_str(); }

std::shared_ptr<const CudaModule> CudaModule::compile(const std::string& source, c10::Device device) {
  if (no_cuda_kernels()) refuse(std::string("no CUDA kernels can be compiled here: ") + no_cuda_kernels());
  enter(device);
  const auto code = compiled(source, device);
  void* module;
  succeed(cuda().cuModuleLoadData(&module, code.data()), "load the kernels of a tree");
  return std::shared_ptr<const CudaModule>(new CudaModule(device, module));
}

CudaModule::~CudaModule() { cuda().cuModuleUnload(module_); }

void* CudaModule::kernel(const char* name) const {
  void* function;
  succeed(cuda().cuModuleGetFunction(&function, module_, name), "find a kernel of a tree");
  return function;
}

void launch(void* kernel, int64_t threads, void** arguments) {
  constexpr int64_t block = 64; // a layer has few thousand units: small blocks spread them over all processors
  const auto blocks = static_cast<unsigned>((threads + block - 1) / block);
  succeed(cuda().cuLaunchKernel(kernel, blocks, 1, 1, block, 1, 1, 0, nullptr, arguments, nullptr),
          "launch a kernel of a tree");
}

} // namespace nascent
