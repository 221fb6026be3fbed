// A recurrent layer on CUDA: in each step one matrix product and one kernel that is compiled for the tree, forward and
// back. Everything of the other steps is one product for all of them, as on the CPU.
#include "cuda-driver.h"
#include "recurrent-kernel.h"
#include "recurrent-layer.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/DeviceGuard.h>

#include <limits>
#include <map>
#include <mutex>
#include <tuple>

namespace nascent {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Kernels {
  std::shared_ptr<const CudaModule> module;
  void *forward, *backward;
};

/// The kernels of a tree, compiled at its first use. Autograd asks from threads of its own.
Kernels kernels_for(const std::vector<int64_t>& program, bool low, c10::Device device) {
  constexpr size_t most = 128; // a search sees thousands of trees, and each of them for one training
  static std::mutex mutex;
  static auto* known = new std::map<std::tuple<int, bool, std::vector<int64_t>>, Kernels>;
  std::lock_guard<std::mutex> lock(mutex);
  const auto key = std::make_tuple(static_cast<int>(device.index()), low, program);
  if (auto found = known->find(key); found != known->end()) return found->second;
  if (known->size() >= most) known->clear();
  auto module = CudaModule::compile(tree_kernels(Tree(program), low), device);
  Kernels kernels{module, module->kernel("tree_forward"), module->kernel("tree_backward")};
  return known->emplace(key, kernels).first->second;
}

/// Pointers to the arguments of a launch; they live as long as it.
template <typename... Values>
void start(void* kernel, int64_t threads, Values... values) {
  void* arguments[] = {&values...};
  launch(kernel, threads, arguments);
}

void* memory(const at::Tensor& tensor) { return tensor.defined() ? tensor.data_ptr() : nullptr; }

/// The memory of a step, or of the one that all steps share. A view of each would cost as much as a launch.
void* memory(const at::Tensor& steps, int64_t step) {
  if (!steps.defined()) return nullptr;
  const int64_t at = steps.size(0) > step ? step : 0;
  return static_cast<char*>(steps.data_ptr()) + at * steps.stride(0) * static_cast<int64_t>(steps.element_size());
}

/// What the gradient needs of a run; without one, a single step of each.
struct CudaTape {
  at::Tensor of_hidden; // products with the hidden state, [steps, batch, leaves · units]
  at::Tensor previous;  // masked hidden state before each step, [steps, batch, units]
  at::Tensor cells;     // before each step and after the last, float [steps + 1, batch, units]
};

struct Sizes {
  int64_t steps, batch, units, products;
  int32_t rows() const { return static_cast<int32_t>(batch); }
  int32_t columns() const { return static_cast<int32_t>(units); }
  int64_t threads() const { return batch * units; }
};

Sizes sizes_of(const at::Tensor& input, const at::Tensor& weight_hidden) {
  const Sizes sizes{input.size(0), input.size(1), weight_hidden.size(1), weight_hidden.size(0)};
  if (sizes.threads() > std::numeric_limits<int32_t>::max() / 2)
    fail("BAD_ARGUMENT", "recurrentTree on CUDA takes at most 2^30 units of all rows, found " +
                             std::to_string(sizes.batch) + " rows of " + std::to_string(sizes.units) +
                             "; give a smaller batch");
  return sizes;
}

/// @param of_input products with the input, [steps, batch, leaves · units]
/// @param weights [leaves · units, units], of the products' type as `of_input`
variable_list run(const Kernels& kernels, const Sizes& sizes, const at::Tensor& of_input, const at::Tensor& hidden,
                  const at::Tensor& cell, const at::Tensor& weights, const at::Tensor& mask, bool learns,
                  CudaTape& tape) {
  const auto floats_there = hidden.options(), products_there = of_input.options();
  const int64_t kept = learns ? sizes.steps : 1;
  auto outputs = at::empty({sizes.steps, sizes.batch, sizes.units}, floats_there);
  tape = {at::empty({kept, sizes.batch, sizes.products}, products_there),
          at::empty({kept, sizes.batch, sizes.units}, products_there),
          at::empty({learns ? sizes.steps + 1 : 1, sizes.batch, sizes.units}, floats_there)};
  auto products = tape.of_hidden.unbind(0);
  const auto states = tape.previous.unbind(0);
  states.front().copy_(mask.defined() ? at::mul(hidden, mask) : hidden);
  tape.cells.select(0, 0).copy_(cell);
  const auto transposed = weights.t();
  for (int64_t step = 0; step < sizes.steps; step++) {
    const int64_t at = learns ? step : 0;
    at::mm_out(products[at], states[at], transposed);
    const bool more = step + 1 < sizes.steps;
    start(kernels.forward, sizes.threads(), memory(of_input, step), memory(tape.of_hidden, step),
          memory(tape.cells, step), memory(mask), memory(tape.cells, step + 1), memory(outputs, step),
          more ? memory(tape.previous, step + 1) : nullptr, sizes.rows(), sizes.columns());
  }
  return {outputs, outputs.select(0, sizes.steps - 1).clone(), tape.cells.select(0, -1).clone()};
}

class RecurrentTreeOnCuda : public torch::autograd::Function<RecurrentTreeOnCuda> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& hidden,
                               const at::Tensor& cell, const at::Tensor& weight_input, const at::Tensor& weight_hidden,
                               Layer layer) {
    const auto sizes = sizes_of(input, weight_hidden);
    Quietly quietly;
    const auto matrix = input.view({-1, input.size(2)});
    const auto of_all = cast(weight_input, layer.low), of_each = cast(weight_hidden, layer.low);
    const auto of_input = at::mm(matrix, of_all.t()).view({sizes.steps, sizes.batch, sizes.products});
    CudaTape tape;
    auto results = run(kernels_for(layer.program, layer.low, input.device()), sizes, of_input, hidden, cell, of_each,
                       layer.mask, true, tape);
    context->save_for_backward(
        {matrix, of_all, of_each, layer.mask, of_input, tape.of_hidden, tape.previous, tape.cells});
    context->saved_data["program"] = layer.program;
    context->saved_data["sizes"] = input.sizes().vec();
    context->saved_data["low"] = layer.low;
    context->set_materialize_grads(false);
    return results;
  }

  static variable_list backward(AutogradContext* context, variable_list arriving) {
    refuse_second_gradient("recurrentTree", "recurrentTreeEager");
    Quietly quietly;
    const auto saved = context->get_saved_variables();
    const auto &matrix = saved[0], &of_all = saved[1], &of_each = saved[2], &mask = saved[3], &of_input = saved[4];
    const auto &of_hidden = saved[5], &previous = saved[6], &cells = saved[7];
    const auto program = context->saved_data["program"].toIntVector();
    const auto shape = context->saved_data["sizes"].toIntVector();
    const Sizes sizes{shape[0], shape[1], of_each.size(1), of_each.size(0)};
    const c10::DeviceGuard on(of_input.device());
    const auto kernels = kernels_for(program, context->saved_data["low"].toBool(), of_input.device());
    for (auto& gradient : arriving)
      if (gradient.defined()) gradient = gradient.to(at::kFloat).contiguous();

    const auto to_hidden = at::empty_like(of_hidden);
    const auto to_input = Tree(program).adds_only() ? to_hidden : at::empty_like(of_input);
    // Of the cell state after a step, then of the one before it.
    const auto cell = arriving[2].defined() ? arriving[2].clone() : at::zeros_like(cells.select(0, 0));
    auto carried = at::empty_like(previous.select(0, 0));
    const auto products = to_hidden.unbind(0);
    for (int64_t step = sizes.steps - 1; step >= 0; step--) {
      const bool last = step == sizes.steps - 1;
      start(kernels.backward, sizes.threads(), memory(of_input, step), memory(of_hidden, step), memory(cells, step),
            memory(arriving[0], step), last ? memory(arriving[1]) : nullptr, last ? nullptr : memory(carried),
            memory(mask), memory(cell), to_input.is_same(to_hidden) ? nullptr : memory(to_input, step),
            memory(to_hidden, step), sizes.rows(), sizes.columns());
      at::mm_out(carried, products[step], of_each);
    }
    auto hidden = carried.to(at::kFloat);
    if (mask.defined()) hidden = at::mul(hidden, mask);
    auto flat = [&](const at::Tensor& products) { return products.view({-1, sizes.products}); };
    return operand_gradients(*context, {flat(to_input), flat(to_hidden), matrix, of_all, previous}, shape, hidden, cell);
  }
};

} // namespace

variable_list recurrent_tree_on_cuda(const at::Tensor& input, const at::Tensor& hidden, const at::Tensor& cell,
                                     const at::Tensor& weight_input, const at::Tensor& weight_hidden, const Layer& layer,
                                     bool learns) {
  const c10::DeviceGuard on(input.device());
  if (learns) return RecurrentTreeOnCuda::apply(input, hidden, cell, weight_input, weight_hidden, layer);
  Quietly quietly;
  const auto sizes = sizes_of(input, weight_hidden);
  const auto of_input = at::mm(input.view({-1, input.size(2)}), cast(weight_input, layer.low).t())
                            .view({sizes.steps, sizes.batch, sizes.products});
  CudaTape tape;
  return run(kernels_for(layer.program, layer.low, input.device()), sizes, of_input, hidden, cell,
             cast(weight_hidden, layer.low), layer.mask, false, tape);
}

} // namespace nascent
