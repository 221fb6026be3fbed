// Every operator of libtorch, called by name through its dispatcher.
#include "bridge.h"
#include "engine.h"
#include "slots.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <cmath>
#include <memory>
#include <sstream>
#include <unordered_map>

namespace nascent {

namespace {

using c10::IValue;
using c10::TypeKind;

struct ArgumentPlan {
  std::string name;
  std::string type;
  TypeKind kind;             // without Optional
  TypeKind element;          // of a list
  bool element_optional = false;
  bool optional = false;
  int64_t fixed_size = 0;    // int[2] also takes one number
  c10::optional<IValue> preset;
};

struct Operator {
  c10::OperatorHandle handle;
  std::string title; // "aten::add.Tensor"
  std::vector<ArgumentPlan> arguments;
};

std::vector<std::unique_ptr<Operator>>& table() {
  static auto* operators = new std::vector<std::unique_ptr<Operator>>;
  return *operators;
}

ArgumentPlan plan_of(const c10::Argument& argument) {
  ArgumentPlan plan;
  plan.name = argument.name();
  c10::TypePtr type = argument.type();
  plan.type = type->str();
  if (type->kind() == TypeKind::OptionalType) {
    plan.optional = true;
    type = type->castRaw<c10::OptionalType>()->getElementType();
  }
  plan.kind = plan.element = type->kind();
  if (plan.kind == TypeKind::ListType) {
    auto element = type->castRaw<c10::ListType>()->getElementType();
    if (element->kind() == TypeKind::OptionalType) {
      plan.element_optional = true;
      element = element->castRaw<c10::OptionalType>()->getElementType();
    }
    plan.element = element->kind();
  }
  if (argument.N()) plan.fixed_size = *argument.N();
  plan.preset = argument.default_value();
  return plan;
}

/// A JavaScript number as libtorch's Scalar: whole numbers are integers, so that int64 tensors stay int64.
IValue to_scalar(napi_env env, napi_value value) {
  switch (type_of(env, value)) {
    case napi_number: {
      double number = to_number(env, value);
      bool whole = std::floor(number) == number && std::fabs(number) <= 9007199254740991.0 &&
          !(number == 0 && std::signbit(number));
      return whole ? IValue(static_cast<int64_t>(number)) : IValue(number);
    }
    case napi_boolean: return to_bool(env, value);
    case napi_bigint: {
      int64_t number;
      bool lossless;
      napi_get_value_bigint_int64(env, value, &number, &lossless);
      if (!lossless) fail("BAD_ARGUMENT", "the bigint does not fit int64");
      return number;
    }
    default: fail("BAD_ARGUMENT", "expected a number");
  }
}

int64_t named_int(const std::string& name) {
  static const std::unordered_map<std::string, int64_t> names = {
      {"float32", int64_t(at::kFloat)}, {"float64", int64_t(at::kDouble)}, {"bfloat16", int64_t(at::kBFloat16)},
      {"float16", int64_t(at::kHalf)},  {"int64", int64_t(at::kLong)},     {"int32", int64_t(at::kInt)},
      {"int16", int64_t(at::kShort)},   {"int8", int64_t(at::kChar)},      {"uint8", int64_t(at::kByte)},
      {"bool", int64_t(at::kBool)},     {"contiguous", int64_t(at::MemoryFormat::Contiguous)},
      {"preserve", int64_t(at::MemoryFormat::Preserve)},
      {"channels_last", int64_t(at::MemoryFormat::ChannelsLast)},
      {"strided", int64_t(at::kStrided)}};
  auto found = names.find(name);
  if (found == names.end()) fail("BAD_ARGUMENT", "expected an integer or the name of a dtype or memory format, found '" + name + "'");
  return found->second;
}

int64_t to_whole(napi_env env, napi_value value) {
  switch (type_of(env, value)) {
    case napi_number: {
      double number = to_number(env, value);
      if (!(std::fabs(number) <= 9007199254740992.0) || number != std::floor(number))
        fail("BAD_ARGUMENT", "expected an integer, found " + std::to_string(number));
      return static_cast<int64_t>(number);
    }
    case napi_string: return named_int(to_string(env, value));
    case napi_boolean: return to_bool(env, value);
    default: return to_scalar(env, value).toInt();
  }
}

double to_real(napi_env env, napi_value value) { return to_number(env, value); }

template <class Each>
void each_element(napi_env env, napi_value array, Each each) {
  uint32_t length;
  check(env, napi_get_array_length(env, array, &length), "an array");
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    napi_get_element(env, array, i, &element);
    each(element);
  }
}

IValue to_list(napi_env env, const ArgumentPlan& plan, napi_value value) {
  switch (plan.element) {
    case TypeKind::TensorType: {
      if (plan.element_optional) {
        c10::List<c10::optional<at::Tensor>> list;
        each_element(env, value, [&](napi_value element) {
          list.push_back(absent(env, element) ? c10::optional<at::Tensor>() : tensor_of(env, element));
        });
        return list;
      }
      c10::List<at::Tensor> list;
      each_element(env, value, [&](napi_value element) { list.push_back(tensor_of(env, element)); });
      return list;
    }
    case TypeKind::IntType: {
      c10::List<int64_t> list;
      if (type_of(env, value) == napi_number && plan.fixed_size > 0) {
        for (int64_t i = 0; i < plan.fixed_size; i++) list.push_back(to_whole(env, value));
        return list;
      }
      each_element(env, value, [&](napi_value element) { list.push_back(to_whole(env, element)); });
      return list;
    }
    case TypeKind::FloatType: {
      c10::List<double> list;
      each_element(env, value, [&](napi_value element) { list.push_back(to_real(env, element)); });
      return list;
    }
    case TypeKind::BoolType: {
      c10::List<bool> list;
      each_element(env, value, [&](napi_value element) { list.push_back(to_bool(env, element)); });
      return list;
    }
    case TypeKind::StringType: {
      c10::List<std::string> list;
      each_element(env, value, [&](napi_value element) { list.push_back(to_string(env, element)); });
      return list;
    }
    case TypeKind::NumberType: {
      c10::impl::GenericList list(c10::NumberType::get());
      each_element(env, value, [&](napi_value element) { list.push_back(to_scalar(env, element)); });
      return list;
    }
    default: fail("UNSUPPORTED_TYPE", "arguments of type " + plan.type + " cannot come from JavaScript");
  }
}

IValue to_ivalue(napi_env env, const ArgumentPlan& plan, napi_value value) {
  auto type = type_of(env, value);
  if (type == napi_undefined) {
    if (plan.preset) return *plan.preset;
    if (plan.optional) return IValue();
    fail("BAD_ARGUMENT", "is required (" + plan.type + ")");
  }
  if (type == napi_null) {
    if (plan.optional || plan.kind == TypeKind::NoneType) return IValue();
    fail("BAD_ARGUMENT", "cannot be null (" + plan.type + ")");
  }
  switch (plan.kind) {
    case TypeKind::TensorType: return tensor_of(env, value);
    case TypeKind::IntType: return to_whole(env, value);
    case TypeKind::FloatType: return to_real(env, value);
    case TypeKind::BoolType: return to_bool(env, value);
    case TypeKind::NumberType: return to_scalar(env, value);
    case TypeKind::StringType: return to_string(env, value);
    case TypeKind::DeviceObjType: return c10::Device(to_string(env, value));
    case TypeKind::GeneratorType: return generator_of(env, value);
    case TypeKind::ListType: return to_list(env, plan, value);
    default: fail("UNSUPPORTED_TYPE", "arguments of type " + plan.type + " cannot come from JavaScript");
  }
}

napi_value from_int(napi_env env, int64_t value) {
  if (std::llabs(value) <= 9007199254740991) return from_number(env, value);
  napi_value result;
  napi_create_bigint_int64(env, value, &result);
  return result;
}

napi_value from_ivalue(napi_env env, const IValue& value) {
  if (value.isTensor()) return from_tensor(env, value.toTensor());
  if (value.isNone()) return null(env);
  if (value.isInt()) return from_int(env, value.toInt());
  if (value.isDouble()) return from_number(env, value.toDouble());
  if (value.isBool()) return from_bool(env, value.toBool());
  if (value.isString()) return from_string(env, value.toStringRef());
  if (value.isDevice()) return from_string(env, value.toDevice().str());
  if (value.isScalar()) {
    auto scalar = value.toScalar();
    if (scalar.isBoolean()) return from_bool(env, scalar.toBool());
    if (scalar.isIntegral(false)) return from_int(env, scalar.toLong());
    if (scalar.isFloatingPoint()) return from_number(env, scalar.toDouble());
  }
  if (value.isList()) {
    auto list = value.toListRef();
    napi_value result;
    napi_create_array_with_length(env, list.size(), &result);
    for (size_t i = 0; i < list.size(); i++) napi_set_element(env, result, i, from_ivalue(env, list[i]));
    return result;
  }
  fail("UNSUPPORTED_TYPE", "results of type " + value.type()->str() + " cannot go to JavaScript");
}

/// What an operator was called with, for the message of its error.
std::string describe_argument(napi_env env, const ArgumentPlan& plan, napi_value value) {
  auto type = type_of(env, value);
  if (type == napi_undefined || type == napi_null) return "none";
  auto one = [&](napi_value element, bool tensor) -> std::string {
    auto kind = type_of(env, element);
    if (kind == napi_undefined || kind == napi_null) return "none";
    if (kind == napi_number && tensor) {
      double handle = to_number(env, element);
      return slots().alive(handle) ? describe(slots().get(handle)) : "disposed tensor";
    }
    napi_value text;
    if (kind == napi_symbol || napi_coerce_to_string(env, element, &text) != napi_ok) return "?";
    return to_string(env, text);
  };
  bool is_array = false;
  napi_is_array(env, value, &is_array);
  if (!is_array) return one(value, plan.kind == TypeKind::TensorType);
  std::string result = "[";
  uint32_t length, shown = 0;
  napi_get_array_length(env, value, &length);
  for (; shown < length && shown < 8; shown++) {
    napi_value element;
    napi_get_element(env, value, shown, &element);
    result += (shown ? ", " : "") + one(element, plan.element == TypeKind::TensorType);
  }
  return result + (shown < length ? ", …]" : "]");
}

/// Rethrows the exception being handled with the operator's name and arguments.
[[noreturn]] void rethrow(napi_env env, const Operator& op, const napi_value* values, size_t count,
                          const ArgumentPlan* at_fault) {
  const char* code = "OPERATOR_FAILED";
  std::string text;
  try {
    throw;
  } catch (const Failure& failure) {
    code = failure.code;
    text = failure.what();
    if (at_fault) text = "argument '" + at_fault->name + "': " + text;
  } catch (const c10::Error& error) {
    text = without_backtrace(error.what_without_backtrace());
    code = code_of(text);
  } catch (const std::bad_alloc&) {
    code = "OUT_OF_MEMORY";
    text = "not enough memory";
  } catch (const std::exception& error) {
    text = error.what();
  }
  Failure typed(code, text);
  typed.operator_name = op.title;
  for (size_t i = 0; i < count && i < op.arguments.size(); i++)
    typed.arguments.push_back(op.arguments[i].name + ": " + describe_argument(env, op.arguments[i], values[i]));
  throw typed;
}

constexpr size_t max_arguments = 48;

/// One call: arguments by position, results on the stack.
void run(napi_env env, const Operator& op, const napi_value* values, size_t count, torch::jit::Stack& stack) {
  const ArgumentPlan* at_fault = nullptr;
  try {
    if (count > op.arguments.size())
      fail("BAD_ARGUMENT", "takes " + std::to_string(op.arguments.size()) + " arguments, found " + std::to_string(count));
    stack.reserve(op.arguments.size());
    napi_value missing;
    napi_get_undefined(env, &missing);
    for (size_t i = 0; i < op.arguments.size(); i++) {
      at_fault = &op.arguments[i];
      stack.push_back(to_ivalue(env, op.arguments[i], i < count ? values[i] : missing));
    }
    at_fault = nullptr;
    op.handle.callBoxed(&stack);
  } catch (const Pending&) {
    throw;
  } catch (...) {
    rethrow(env, op, values, count, at_fault);
  }
}

const Operator& operator_at(napi_env env, napi_value value) {
  auto index = to_int(env, value);
  if (index < 0 || static_cast<size_t>(index) >= table().size()) fail("BAD_ARGUMENT", "no such operator handle");
  return *table()[index];
}

/// call(operator, ...arguments): the result, or an array when there are several.
napi_value call(napi_env env, napi_callback_info info) {
  Arguments<max_arguments + 1> args(env, info);
  const Operator& op = operator_at(env, args[0]);
  torch::jit::Stack stack;
  run(env, op, args.values + 1, std::min(args.count, max_arguments + 1) - 1, stack);
  if (stack.empty()) return nullptr;
  if (stack.size() == 1) return from_ivalue(env, stack[0]);
  napi_value result;
  napi_create_array_with_length(env, stack.size(), &result);
  for (size_t i = 0; i < stack.size(); i++) napi_set_element(env, result, i, from_ivalue(env, stack[i]));
  return result;
}

/// As call, for operators that write into their first argument: makes no handle for the result.
napi_value call_in_place(napi_env env, napi_callback_info info) {
  Arguments<max_arguments + 1> args(env, info);
  const Operator& op = operator_at(env, args[0]);
  torch::jit::Stack stack;
  run(env, op, args.values + 1, std::min(args.count, max_arguments + 1) - 1, stack);
  return nullptr;
}

/// resolve("aten::add", "Tensor"): a number to call it by.
napi_value resolve(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  auto name = to_string(env, args[0]);
  auto overload = to_string(env, args[1]);
  auto title = overload.empty() ? name : name + "." + overload;
  static auto* known = new std::unordered_map<std::string, size_t>;
  auto found = known->find(title);
  if (found != known->end()) return from_number(env, found->second);
  auto& dispatcher = c10::Dispatcher::singleton();
  auto handle = dispatcher.findSchema({name, overload});
  if (!handle) {
    std::string others;
    for (const auto& other : dispatcher.getAllOpNames())
      if (other.name == name) others += (others.empty() ? "" : ", ") + ("'" + other.overload_name + "'");
    fail("NO_SUCH_OPERATOR",
         others.empty() ? "libtorch " TORCH_VERSION " has no operator " + name + "; listOperators() names them all"
                        : name + " has no overload '" + overload + "'; it has " + others);
  }
  auto op = std::make_unique<Operator>(Operator{*handle, title, {}});
  for (const auto& argument : handle->schema().arguments()) op->arguments.push_back(plan_of(argument));
  if (op->arguments.size() > max_arguments) fail("UNSUPPORTED_TYPE", title + " has too many arguments");
  table().push_back(std::move(op));
  known->emplace(title, table().size() - 1);
  return from_number(env, table().size() - 1);
}

/// schema(operator): {text, arguments: [name, type, kind][], returns: type[]}
napi_value schema(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const Operator& op = operator_at(env, args[0]);
  const auto& schema = op.handle.schema();
  std::ostringstream text;
  text << schema;
  napi_value result, arguments, returns;
  napi_create_object(env, &result);
  napi_create_array(env, &arguments);
  napi_create_array(env, &returns);
  for (size_t i = 0; i < op.arguments.size(); i++) {
    const auto& plan = op.arguments[i];
    napi_value argument;
    napi_create_object(env, &argument);
    const char* kind = plan.element == TypeKind::TensorType ? (plan.kind == TypeKind::ListType ? "tensors" : "tensor")
        : plan.kind == TypeKind::GeneratorType              ? "generator"
                                                            : "value";
    napi_set_named_property(env, argument, "name", from_string(env, plan.name));
    napi_set_named_property(env, argument, "type", from_string(env, plan.type));
    napi_set_named_property(env, argument, "kind", from_string(env, kind));
    napi_set_named_property(env, argument, "required", from_bool(env, !plan.optional && !plan.preset));
    napi_set_element(env, arguments, i, argument);
  }
  for (size_t i = 0; i < schema.returns().size(); i++)
    napi_set_element(env, returns, i, from_string(env, schema.returns()[i].type()->str()));
  napi_set_named_property(env, result, "text", from_string(env, text.str()));
  napi_set_named_property(env, result, "arguments", arguments);
  napi_set_named_property(env, result, "returns", returns);
  return result;
}

napi_value list_operators(napi_env env, napi_callback_info) {
  auto names = c10::Dispatcher::singleton().getAllOpNames();
  napi_value result;
  napi_create_array(env, &result);
  uint32_t at = 0;
  for (const auto& name : names) {
    if (!c10::Dispatcher::singleton().findSchema(name)) continue; // registered, but without a schema
    auto title = name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
    napi_set_element(env, result, at++, from_string(env, title));
  }
  return result;
}

} // namespace

void export_operators(napi_env env, napi_value exports) {
  NASCENT_EXPORT("call", call);
  NASCENT_EXPORT("callInPlace", call_in_place);
  NASCENT_EXPORT("resolve", resolve);
  NASCENT_EXPORT("schema", schema);
  NASCENT_EXPORT("listOperators", list_operators);
}

} // namespace nascent
