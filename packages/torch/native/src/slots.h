// Tensors live in a table of slots; JavaScript holds numbers.
//
// A handle is generation · 2^22 + index, an exact double. A freed slot moves on to its next generation, so a
// handle kept too long is a typed error, never a stray pointer. Every slot belongs to a scope, or to nobody
// but its JavaScript object (scope −1); leaving a scope frees its slots in one call.
#pragma once

#include "bridge.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nascent {

class Slots {
 public:
  double store(at::Tensor tensor);
  /// @throws Failure TENSOR_DISPOSED
  const at::Tensor& get(double handle) const;
  bool alive(double handle) const;
  bool release(double handle); // false when it was gone already
  void keep(double handle);    // moves it out of every scope

  void begin_scope() { scopes_.emplace_back(); }
  void end_scope(const std::vector<double>& survivors);
  size_t depth() const { return scopes_.size(); }
  size_t live() const { return live_; }
  void clear();

 private:
  struct Slot {
    at::Tensor tensor;
    uint32_t generation = 0;
    int32_t scope = -1;
    bool live = false;
  };
  static constexpr uint64_t index_bits = 22;
  const Slot* find(double handle) const;
  void drop(uint32_t index);
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<std::vector<double>> scopes_;
  size_t live_ = 0;
};

Slots& slots();

inline const at::Tensor& tensor_of(napi_env env, napi_value handle) { return slots().get(to_number(env, handle)); }
/// A handle, or null for an undefined tensor.
inline napi_value from_tensor(napi_env env, at::Tensor tensor) {
  return tensor.defined() ? from_number(env, slots().store(std::move(tensor))) : null(env);
}
std::vector<at::Tensor> tensors_of(napi_env env, napi_value handles);

/// "float32[2, 3]" for messages.
std::string describe(const at::Tensor& tensor);
const char* dtype_name(at::ScalarType type);

} // namespace nascent
