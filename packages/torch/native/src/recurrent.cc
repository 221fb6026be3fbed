// One layer of a tree-shaped recurrent cell over a whole sequence, with its gradient.
//
// The products with the input are one for all leaves and steps, and so are the gradients of the weights and the input;
// recurrent-steps.h does what lies between on the CPU, recurrent-cuda.cc on CUDA. Only float32; under autocast the
// products run in bfloat16 and all else stays float32. Outside BLAS nothing on the CPU depends on the number of threads.
#include "engine.h"
#include "recurrent-kernel.h"
#include "recurrent-layer.h"
#include "slots.h"

#include <ATen/ops/empty_like.h>

namespace nascent {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const float* numbers(const at::Tensor& tensor) { return tensor.defined() ? tensor.data_ptr<float>() : nullptr; }

RecurrentTape tape_for(const Tree& tree, const RecurrentSizes& sizes, bool low) {
  const auto kept = static_cast<int64_t>(tree.keeping_operands().size());
  const auto type = at::TensorOptions().dtype(low ? at::kBFloat16 : at::kFloat);
  return {floats({sizes.steps, sizes.tiles(), tree.slots(), sizes.tile()}),
          floats({sizes.steps, sizes.tiles(), kept, 2, sizes.tile()}), floats({sizes.steps + 1, sizes.tiles(), sizes.tile()}),
          at::empty({sizes.steps, sizes.batch, sizes.units}, type)};
}

/// Outputs [steps, batch, units], and the last hidden and cell state.
/// @param of_input products with the input, [steps · batch, leaves · units]
variable_list run(const Tree& tree, const RecurrentSizes& sizes, const at::Tensor& of_input, const at::Tensor& hidden,
                  const at::Tensor& cell, const at::Tensor& weights, const Layer& layer, RecurrentTape* tape) {
  auto outputs = floats({sizes.steps, sizes.batch, sizes.units}), last_cell = floats({sizes.batch, sizes.units});
  const RecurrentOperands operands{numbers(hidden), numbers(cell), numbers(weights), numbers(layer.mask)};
  float *to = outputs.data_ptr<float>(), *to_cell = last_cell.data_ptr<float>();
  if (layer.low) run_steps(tree, sizes, elements<Half>(of_input), operands, tape, to, to_cell);
  else run_steps(tree, sizes, elements<float>(of_input), operands, tape, to, to_cell);
  return {outputs, outputs[sizes.steps - 1].clone(), last_cell};
}

template <typename T>
void differentiate(const Tree& tree, const RecurrentSizes& sizes, const RecurrentTape& tape,
                   const RecurrentOperands& operands, const variable_list& arriving, const at::Tensor& of_input,
                   const at::Tensor& of_hidden, const at::Tensor& hidden, const at::Tensor& cell) {
  differentiate_steps<T>(tree, sizes, tape, operands,
                         {numbers(arriving[0]), numbers(arriving[1]), numbers(arriving[2]),
                          of_input.is_same(of_hidden) ? nullptr : elements_to_write<T>(of_input),
                          elements_to_write<T>(of_hidden), hidden.data_ptr<float>(), cell.data_ptr<float>()});
}

class RecurrentTree : public torch::autograd::Function<RecurrentTree> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& hidden,
                               const at::Tensor& cell, const at::Tensor& weight_input, const at::Tensor& weight_hidden,
                               Layer layer) {
    const Tree tree(layer.program);
    const RecurrentSizes sizes{input.size(0), input.size(1), hidden.size(1), tree.leaves};
    const auto matrix = input.view({sizes.steps * sizes.batch, input.size(2)});
    Quietly quietly;
    const auto weights = cast(weight_input, layer.low);
    auto tape = tape_for(tree, sizes, layer.low);
    auto results = run(tree, sizes, at::mm(matrix, weights.t()), hidden, cell, weight_hidden, layer, &tape);
    context->save_for_backward(
        {matrix, weights, weight_hidden, layer.mask, tape.values, tape.operands, tape.cells, tape.previous});
    context->saved_data["program"] = layer.program;
    context->saved_data["sizes"] = input.sizes().vec();
    context->saved_data["low"] = layer.low;
    context->set_materialize_grads(false);
    return results;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    refuse_second_gradient("recurrentTree", "recurrentTreeEager");
    Quietly quietly;
    const auto saved = context->get_saved_variables();
    const auto &input = saved[0], &weight_input = saved[1], &weight_hidden = saved[2];
    const RecurrentTape tape{saved[4], saved[5], saved[6], saved[7]};
    const Tree tree(context->saved_data["program"].toIntVector());
    const auto shape = context->saved_data["sizes"].toIntVector();
    const bool low = context->saved_data["low"].toBool();
    const RecurrentSizes sizes{shape[0], shape[1], weight_hidden.size(1), tree.leaves};
    for (auto& gradient : gradients)
      if (gradient.defined()) gradient = gradient.to(at::kFloat).contiguous();

    const auto of_hidden = at::empty({sizes.steps * sizes.batch, sizes.products()}, input.options());
    const auto of_input = tree.adds_only() ? of_hidden : at::empty_like(of_hidden);
    const auto hidden = floats({sizes.batch, sizes.units}), cell = floats({sizes.batch, sizes.units});
    (low ? differentiate<Half> : differentiate<float>)(
        tree, sizes, tape, {nullptr, nullptr, numbers(weight_hidden), numbers(saved[3])}, gradients, of_input, of_hidden,
        hidden, cell);
    return operand_gradients(*context, {of_input, of_hidden, input, weight_input, tape.previous}, shape, hidden, cell);
  }
};

/// recurrentTree(input, hidden, cell, weightInput, weightHidden, mask | null, program): [outputs, hidden, cell]
napi_value recurrent_tree(napi_env env, napi_callback_info info) {
  Arguments<7> args(env, info);
  at::Tensor input = tensor_of(env, args[0]), hidden = tensor_of(env, args[1]), cell = tensor_of(env, args[2]);
  at::Tensor weight_input = tensor_of(env, args[3]), weight_hidden = tensor_of(env, args[4]);
  const auto device = input.device();
  Layer layer{to_ints(env, args[6]), {}, in_autocast(device.type())};
  if (!absent(env, args[5])) layer.mask = tensor_of(env, args[5]).detach();
  const Tree tree(layer.program);
  if (in_bfloat16(input) && !layer.low) input = input.to(at::kFloat);
  if (input.dim() != 3 || hidden.dim() != 2 || !(device.is_cpu() || device.is_cuda()) || input.layout() != at::kStrided ||
      input.numel() == 0)
    fail("BAD_ARGUMENT", "recurrentTree expects input [steps, batch, inputs] and hidden state [batch, units] on the CPU or "
                         "on CUDA, found " + describe(input) + " and " + describe(hidden));
  const int64_t batch = input.size(1), units = hidden.size(1), products = tree.leaves * units;
  auto expect = [&](const char* name, const at::Tensor& tensor, at::IntArrayRef sizes) {
    if (holds_floats(tensor, device) && tensor.sizes() == sizes) return;
    fail("BAD_ARGUMENT", std::string("recurrentTree expects ") + name + " as float32 " + c10::str(sizes) + " on " +
                             device.str() + ", found " + describe(tensor) + " on " + tensor.device().str());
  };
  if (!in_bfloat16(input)) expect("input", input, input.sizes());
  expect("hidden", hidden, {batch, units});
  expect("cell", cell, {batch, units});
  expect("weightInput", weight_input, {products, input.size(2)});
  expect("weightHidden", weight_hidden, {products, units});
  if (layer.mask.defined()) expect("mask", layer.mask, {batch, units});
  if (layer.low) input = input.to(at::kBFloat16);
  for (auto* tensor : {&input, &hidden, &cell, &weight_input, &weight_hidden}) *tensor = tensor->contiguous();
  if (layer.mask.defined()) layer.mask = layer.mask.contiguous();

  bool learns = false;
  for (const auto& tensor : {input, hidden, cell, weight_input, weight_hidden}) learns = learns || tensor.requires_grad();
  learns = learns && c10::GradMode::is_enabled();
  variable_list results;
  if (device.is_cuda()) {
    results = recurrent_tree_on_cuda(input, hidden, cell, weight_input, weight_hidden, layer, learns);
  } else if (learns) {
    results = RecurrentTree::apply(input, hidden, cell, weight_input, weight_hidden, layer);
  } else {
    Quietly quietly;
    const RecurrentSizes sizes{input.size(0), batch, units, tree.leaves};
    const auto of_input = at::mm(input.view({sizes.steps * batch, input.size(2)}), cast(weight_input, layer.low).t());
    results = run(tree, sizes, of_input, hidden, cell, weight_hidden, layer, nullptr);
  }
  napi_value list;
  napi_create_array_with_length(env, results.size(), &list);
  for (size_t i = 0; i < results.size(); i++) napi_set_element(env, list, i, from_tensor(env, std::move(results[i])));
  return list;
}

/// recurrentTreeKernels(program, low): their source
napi_value recurrent_tree_kernels(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  return from_string(env, tree_kernels(Tree(to_ints(env, args[0])), to_bool(env, args[1])));
}

} // namespace

void export_recurrent(napi_env env, napi_value exports) {
  NASCENT_EXPORT("recurrentTree", recurrent_tree);
  NASCENT_EXPORT("recurrentTreeKernels", recurrent_tree_kernels);
}

} // namespace nascent
