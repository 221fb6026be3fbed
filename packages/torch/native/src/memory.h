#pragma once

#include "bridge.h"

#include <cstdint>

namespace nascent {

/// Tells V8 how many bytes libtorch holds for it, and lets go of shared buffers whose tensors are gone.
void settle_memory(napi_env env);

/// A JavaScript typed array that a tensor reads in place. Released on whatever thread the tensor dies on;
/// the reference itself is deleted at the next settle_memory.
void release_later(napi_ref reference);

} // namespace nascent
