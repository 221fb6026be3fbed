#pragma once

#include "bridge.h"

#include <ATen/core/Generator.h>

namespace nascent {

/// @throws Failure BAD_ARGUMENT when the number names no generator
at::Generator generator_of(napi_env env, napi_value handle);

/// Whether this thread is inside an autocast region of the CPU or of CUDA, where matrix products run in bfloat16.
bool in_autocast(c10::DeviceType device);

} // namespace nascent
