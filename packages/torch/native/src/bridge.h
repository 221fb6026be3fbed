// What every file of the addon shares: reading JavaScript values, and errors that arrive in JavaScript typed.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace nascent {

/// An error with a stable code (packages/torch/src/errors.ts lists them).
struct Failure : std::runtime_error {
  Failure(const char* code, const std::string& message) : std::runtime_error(message), code(code) {}
  const char* code;
  std::string operator_name;              // empty when no operator was running
  std::vector<std::string> arguments;     // "self: float32[2, 3]"
};

/// A JavaScript exception is already pending; unwind and let Node raise it.
struct Pending {};

[[noreturn]] void fail(const char* code, const std::string& message);

/// OUT_OF_MEMORY, DEVICE_FAILED or OPERATOR_FAILED, by libtorch's and CUDA's words: libtorch has no exception type for a
/// failed allocation before 2.x, nor on the CPU after, and none for a GPU that is lost.
const char* code_of(const std::string& message);

/// The message of a c10::Error without its C++ backtrace.
std::string without_backtrace(std::string message);

/// Turns the exception being handled into a pending JavaScript error. Call inside catch (...) only.
void raise(napi_env env);

/// `fn` as a JavaScript function: no C++ exception crosses the border.
template <napi_value (*fn)(napi_env, napi_callback_info)>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    return fn(env, info);
  } catch (...) {
    raise(env);
    return nullptr;
  }
}

inline void check(napi_env env, napi_status status, const char* expected) {
  if (status == napi_ok) return;
  if (status == napi_pending_exception) throw Pending{};
  fail("BAD_ARGUMENT", std::string("expected ") + expected);
}

template <size_t N>
struct Arguments {
  Arguments(napi_env env, napi_callback_info info) : env(env), count(N) {
    napi_get_cb_info(env, info, &count, values, nullptr, nullptr); // absent ones read as undefined
  }
  napi_value operator[](size_t at) const { return values[at]; }
  napi_env env;
  size_t count;
  napi_value values[N];
};

inline double to_number(napi_env env, napi_value value) {
  double result;
  check(env, napi_get_value_double(env, value, &result), "a number");
  return result;
}
inline int64_t to_int(napi_env env, napi_value value) {
  int64_t result;
  check(env, napi_get_value_int64(env, value, &result), "an integer");
  return result;
}
inline bool to_bool(napi_env env, napi_value value) {
  bool result;
  check(env, napi_get_value_bool(env, value, &result), "a boolean");
  return result;
}
std::string to_string(napi_env env, napi_value value);
std::vector<int64_t> to_ints(napi_env env, napi_value value);
std::vector<double> to_numbers(napi_env env, napi_value value);

inline napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  return type;
}
inline bool absent(napi_env env, napi_value value) {
  auto type = type_of(env, value);
  return type == napi_undefined || type == napi_null;
}

inline napi_value from_number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}
inline napi_value from_bool(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}
inline napi_value null(napi_env env) {
  napi_value result;
  napi_get_null(env, &result);
  return result;
}
napi_value from_string(napi_env env, const std::string& value);
napi_value from_ints(napi_env env, const int64_t* values, size_t count);

/// The bytes behind a typed array or Buffer.
struct Bytes {
  void* data;
  size_t length; // in bytes
};
Bytes to_bytes(napi_env env, napi_value typed_array);

/// Each file adds its functions to the module's exports.
void define(napi_env env, napi_value exports, const char* name, napi_callback fn);
#define NASCENT_EXPORT(name, fn) ::nascent::define(env, exports, name, ::nascent::guarded<fn>)

void export_operators(napi_env, napi_value exports);
void export_tensors(napi_env, napi_value exports);
void export_autograd(napi_env, napi_value exports);
void export_engine(napi_env, napi_value exports);
void export_memory(napi_env, napi_value exports);
void export_optimisers(napi_env, napi_value exports);
void export_batches(napi_env, napi_value exports);
void export_fused(napi_env, napi_value exports);
void export_joined(napi_env, napi_value exports);
void export_recurrent(napi_env, napi_value exports);
void export_linear_cross_entropy(napi_env, napi_value exports);
void export_slots(napi_env, napi_value exports);

/// The JavaScript function that makes a TorchError (code, message, operator, arguments).
void set_error_factory(napi_env env, napi_value factory);

} // namespace nascent
