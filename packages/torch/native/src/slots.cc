#include "slots.h"

#include "memory.h"

namespace nascent {

Slots& slots() {
  static Slots* table = new Slots; // never destroyed: libtorch's own statics may be gone by then
  return *table;
}

const Slots::Slot* Slots::find(double handle) const {
  if (!(handle >= 0 && handle < 9007199254740992.0)) return nullptr;
  auto bits = static_cast<uint64_t>(handle);
  auto index = bits & ((1ull << index_bits) - 1);
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  return slot.live && slot.generation == (bits >> index_bits) ? &slot : nullptr;
}

double Slots::store(at::Tensor tensor) {
  uint32_t index;
  if (free_.empty()) {
    index = static_cast<uint32_t>(slots_.size());
    if (index >> index_bits) fail("OUT_OF_MEMORY", "four million tensors are alive; free some, or use scope()");
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.tensor = std::move(tensor);
  slot.live = true;
  slot.scope = static_cast<int32_t>(scopes_.size()) - 1;
  live_++;
  auto handle = static_cast<double>((static_cast<uint64_t>(slot.generation) << index_bits) | index);
  if (!scopes_.empty()) scopes_.back().push_back(handle);
  return handle;
}

const at::Tensor& Slots::get(double handle) const {
  const Slot* slot = find(handle);
  if (!slot)
    fail("TENSOR_DISPOSED",
         "the tensor has been disposed: it was made in a scope that has ended, or dispose() was called; return it "
         "from its scope, or keep() it");
  return slot->tensor;
}

bool Slots::alive(double handle) const { return find(handle) != nullptr; }

void Slots::drop(uint32_t index) {
  Slot& slot = slots_[index];
  at::Tensor dying = std::move(slot.tensor); // dies after the table is in order: its deleter may run long
  slot.tensor = at::Tensor();
  slot.live = false;
  slot.scope = -1;
  slot.generation = (slot.generation + 1) & 0x3fffffff; // 52 bits in all
  free_.push_back(index);
  live_--;
}

bool Slots::release(double handle) {
  const Slot* slot = find(handle);
  if (!slot) return false;
  drop(static_cast<uint32_t>(slot - slots_.data()));
  return true;
}

void Slots::keep(double handle) {
  get(handle);
  const_cast<Slot*>(find(handle))->scope = -1;
}

void Slots::end_scope(const std::vector<double>& survivors) {
  if (scopes_.empty()) fail("BAD_ARGUMENT", "no scope is open");
  auto ended = std::move(scopes_.back());
  scopes_.pop_back();
  auto level = static_cast<int32_t>(scopes_.size());
  for (double handle : survivors) {
    auto* slot = const_cast<Slot*>(find(handle));
    if (!slot || slot->scope != level) continue;
    slot->scope = level - 1;
    if (level > 0) scopes_.back().push_back(handle);
  }
  for (double handle : ended) {
    const Slot* slot = find(handle);
    if (slot && slot->scope == level) drop(static_cast<uint32_t>(slot - slots_.data()));
  }
}

void Slots::clear() {
  slots_.clear();
  free_.clear();
  scopes_.clear();
  live_ = 0;
}

std::vector<at::Tensor> tensors_of(napi_env env, napi_value handles) {
  std::vector<at::Tensor> result;
  for (double handle : to_numbers(env, handles)) result.push_back(slots().get(handle));
  return result;
}

const char* dtype_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat: return "float32";
    case at::kDouble: return "float64";
    case at::kBFloat16: return "bfloat16";
    case at::kHalf: return "float16";
    case at::kLong: return "int64";
    case at::kInt: return "int32";
    case at::kShort: return "int16";
    case at::kChar: return "int8";
    case at::kByte: return "uint8";
    case at::kBool: return "bool";
    default: return c10::toString(type);
  }
}

std::string describe(const at::Tensor& tensor) {
  if (!tensor.defined()) return "none";
  std::string text = dtype_name(tensor.scalar_type());
  text += "[";
  if (tensor.layout() == at::kStrided) {
    for (int64_t i = 0; i < tensor.dim(); i++) {
      if (i) text += ", ";
      text += std::to_string(tensor.size(i));
    }
  }
  return text + "]";
}

namespace {
napi_value begin_scope(napi_env env, napi_callback_info) {
  slots().begin_scope();
  return nullptr;
}
napi_value end_scope(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  slots().end_scope(absent(env, args[0]) ? std::vector<double>{} : to_numbers(env, args[0]));
  settle_memory(env);
  return nullptr;
}
napi_value keep(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  slots().keep(to_number(env, args[0]));
  return nullptr;
}
napi_value release(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  bool done = slots().release(to_number(env, args[0]));
  if (slots().depth() == 0) settle_memory(env);
  return from_bool(env, done);
}
napi_value alive(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  return from_bool(env, slots().alive(to_number(env, args[0])));
}
napi_value live_tensors(napi_env env, napi_callback_info) { return from_number(env, slots().live()); }
} // namespace

void export_slots(napi_env env, napi_value exports) {
  NASCENT_EXPORT("beginScope", begin_scope);
  NASCENT_EXPORT("endScope", end_scope);
  NASCENT_EXPORT("keep", keep);
  NASCENT_EXPORT("release", release);
  NASCENT_EXPORT("alive", alive);
  NASCENT_EXPORT("liveTensors", live_tensors);
}

} // namespace nascent
