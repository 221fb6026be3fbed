// The module: its exports, and how errors become JavaScript errors.
#include "bridge.h"
#include "slots.h"

#include <c10/util/Exception.h>

#include <cstring>
#include <initializer_list>
#include <mutex>
#include <new>

namespace nascent {

namespace {

napi_ref error_factory = nullptr;

std::mutex owner_mutex;
napi_env owner = nullptr; // the one environment (JavaScript thread) that uses the engine

void throw_typed(napi_env env, const Failure& failure) {
  napi_value factory = nullptr;
  if (error_factory) napi_get_reference_value(env, error_factory, &factory);
  if (!factory) {
    napi_throw_error(env, failure.code, failure.what());
    return;
  }
  napi_value arguments;
  napi_create_array_with_length(env, failure.arguments.size(), &arguments);
  for (size_t i = 0; i < failure.arguments.size(); i++)
    napi_set_element(env, arguments, i, from_string(env, failure.arguments[i]));
  napi_value values[] = {from_string(env, failure.code), from_string(env, failure.what()),
                         failure.operator_name.empty() ? null(env) : from_string(env, failure.operator_name),
                         arguments};
  napi_value global, error;
  napi_get_global(env, &global);
  if (napi_call_function(env, global, factory, 4, values, &error) == napi_ok) napi_throw(env, error);
}

napi_value set_error_factory_js(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  set_error_factory(env, args[0]);
  return nullptr;
}

void let_go(void*) {
  std::lock_guard<std::mutex> lock(owner_mutex);
  slots().clear();
  error_factory = nullptr; // dies with the environment
  owner = nullptr;
}

} // namespace

namespace {
bool says_one_of(const std::string& text, std::initializer_list<const char*> all) {
  for (auto words : all)
    if (text.find(words) != std::string::npos) return true;
  return false;
}
} // namespace

const char* code_of(const std::string& text) {
  if (says_one_of(text, {"not enough memory", "out of memory", "can't allocate memory", "_STATUS_ALLOC_FAILED"}))
    return "OUT_OF_MEMORY";
  // CUDA's own words for what no later call in this process gets over.
  if (says_one_of(text, {"illegal memory access", "misaligned address", "illegal address", "illegal instruction",
                         "invalid program counter", "hardware stack error", "unspecified launch failure",
                         "launch timed out", "device-side assert", "uncorrectable ECC error", "uncorrectable NVLink",
                         "GPU is lost", "_STATUS_EXECUTION_FAILED"}))
    return "DEVICE_FAILED";
  return "OPERATOR_FAILED";
}

std::string without_backtrace(std::string text) {
  auto cut = text.find("\nException raised from ");
  if (cut != std::string::npos) text.resize(cut);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

void fail(const char* code, const std::string& message) { throw Failure(code, message); }

void raise(napi_env env) {
  try {
    throw;
  } catch (const Pending&) {
    return;
  } catch (const Failure& failure) {
    throw_typed(env, failure);
  } catch (const c10::Error& error) {
    auto text = without_backtrace(error.what_without_backtrace());
    throw_typed(env, Failure(code_of(text), text));
  } catch (const std::bad_alloc&) {
    throw_typed(env, Failure("OUT_OF_MEMORY", "not enough memory"));
  } catch (const std::exception& error) {
    throw_typed(env, Failure("OPERATOR_FAILED", error.what()));
  } catch (...) {
    throw_typed(env, Failure("OPERATOR_FAILED", "an unknown C++ exception"));
  }
}

std::string to_string(napi_env env, napi_value value) {
  size_t length;
  check(env, napi_get_value_string_utf8(env, value, nullptr, 0, &length), "a string");
  std::string result(length, '\0');
  napi_get_value_string_utf8(env, value, &result[0], length + 1, &length);
  return result;
}

namespace {
template <class T, class Read>
std::vector<T> to_list(napi_env env, napi_value value, Read read) {
  bool is_array = false;
  napi_is_array(env, value, &is_array);
  std::vector<T> result;
  if (is_array) {
    uint32_t length;
    napi_get_array_length(env, value, &length);
    result.reserve(length);
    for (uint32_t i = 0; i < length; i++) {
      napi_value element;
      napi_get_element(env, value, i, &element);
      result.push_back(read(element));
    }
    return result;
  }
  bool is_typed = false;
  napi_is_typedarray(env, value, &is_typed);
  if (!is_typed) fail("BAD_ARGUMENT", "expected an array of numbers");
  napi_typedarray_type type;
  size_t length;
  void* data;
  napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr);
  result.reserve(length);
  for (size_t i = 0; i < length; i++) {
    switch (type) {
      case napi_int32_array: result.push_back(T(static_cast<int32_t*>(data)[i])); break;
      case napi_float64_array: result.push_back(T(static_cast<double*>(data)[i])); break;
      case napi_bigint64_array: result.push_back(T(static_cast<int64_t*>(data)[i])); break;
      default: fail("BAD_ARGUMENT", "expected an array, Int32Array, Float64Array or BigInt64Array");
    }
  }
  return result;
}
} // namespace

std::vector<int64_t> to_ints(napi_env env, napi_value value) {
  return to_list<int64_t>(env, value, [&](napi_value element) {
    double number = to_number(env, element);
    if (number != static_cast<double>(static_cast<int64_t>(number)))
      fail("BAD_ARGUMENT", "expected an integer, found " + std::to_string(number));
    return static_cast<int64_t>(number);
  });
}
std::vector<double> to_numbers(napi_env env, napi_value value) {
  return to_list<double>(env, value, [&](napi_value element) { return to_number(env, element); });
}

napi_value from_string(napi_env env, const std::string& value) {
  napi_value result;
  napi_create_string_utf8(env, value.data(), value.size(), &result);
  return result;
}

napi_value from_ints(napi_env env, const int64_t* values, size_t count) {
  napi_value result;
  napi_create_array_with_length(env, count, &result);
  for (size_t i = 0; i < count; i++) napi_set_element(env, result, i, from_number(env, values[i]));
  return result;
}

Bytes to_bytes(napi_env env, napi_value value) {
  bool is_typed = false;
  napi_is_typedarray(env, value, &is_typed);
  if (!is_typed) fail("BAD_ARGUMENT", "expected a typed array");
  napi_typedarray_type type;
  size_t length;
  void* data;
  napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr);
  size_t width = 1;
  switch (type) {
    case napi_int8_array: case napi_uint8_array: case napi_uint8_clamped_array: width = 1; break;
    case napi_int16_array: case napi_uint16_array: width = 2; break;
    case napi_int32_array: case napi_uint32_array: case napi_float32_array: width = 4; break;
    case napi_float64_array: case napi_bigint64_array: case napi_biguint64_array: width = 8; break;
  }
  return {data, length * width};
}

void define(napi_env env, napi_value exports, const char* name, napi_callback fn) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, fn, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

void set_error_factory(napi_env env, napi_value factory) {
  if (error_factory) napi_delete_reference(env, error_factory);
  napi_create_reference(env, factory, 1, &error_factory);
}

} // namespace nascent

NAPI_MODULE_INIT() {
  using namespace nascent;
  {
    std::lock_guard<std::mutex> lock(owner_mutex);
    if (owner && owner != env) {
      napi_throw_error(env, "ENGINE_IN_USE",
                       "the engine already belongs to another thread of this process; use a process for each "
                       "independent user of the engine");
      return nullptr;
    }
    if (!owner) {
      owner = env;
      napi_add_env_cleanup_hook(env, let_go, nullptr);
    }
  }
  define(env, exports, "setErrorFactory", guarded<set_error_factory_js>);
  try {
    export_memory(env, exports); // first: it sets the allocator
    export_slots(env, exports);
    export_operators(env, exports);
    export_tensors(env, exports);
    export_autograd(env, exports);
    export_engine(env, exports);
    export_optimisers(env, exports);
    export_batches(env, exports);
    export_fused(env, exports);
    export_joined(env, exports);
    export_recurrent(env, exports);
    export_linear_cross_entropy(env, exports);
  } catch (...) {
    raise(env);
    return nullptr;
  }
  return exports;
}
