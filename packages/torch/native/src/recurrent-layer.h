// What the two implementations of a recurrent layer, on the CPU and on CUDA, have in common.
#pragma once

#include "custom-gradient.h"
#include "recurrent-steps.h"

#include <ATen/ops/mm.h>

#include <vector>

namespace nascent {

/// What is no tensor that learns, as one argument to autograd.
struct Layer {
  std::vector<int64_t> program;
  at::Tensor mask; // [batch, units], or undefined
  bool low;        // products in bfloat16
};

inline at::Tensor cast(const at::Tensor& matrix, bool low) { return low ? matrix.to(at::kBFloat16) : matrix; }

/// Gradients of the products with the input and with the hidden state, [steps · batch, leaves · units], and what they
/// were products of, in the same type.
struct ProductGradients {
  at::Tensor of_input, of_hidden;
  at::Tensor input, weight_input; // [steps · batch, inputs], [leaves · units, inputs]
  at::Tensor previous;            // [steps, batch, units]
};

/// Gradients of input, hidden, cell, weightInput, weightHidden and of what is no tensor: each product one for all steps.
inline torch::autograd::variable_list operand_gradients(const torch::autograd::AutogradContext& context,
                                                        const ProductGradients& products, at::IntArrayRef input_shape,
                                                        const at::Tensor& hidden, const at::Tensor& cell) {
  const auto& [of_input, of_hidden, input, weight_input, previous] = products;
  const auto flat = previous.view({-1, previous.size(2)});
  auto product = [&](size_t which, const at::Tensor& left, const at::Tensor& right) {
    return context.needs_input_grad(which) ? at::mm(left, right) : at::Tensor();
  };
  auto of_matrix = [](at::Tensor found) { return found.defined() ? found.to(at::kFloat) : found; };
  const auto to_input = product(0, of_input, weight_input);
  return {to_input.defined() ? to_input.view(input_shape) : to_input,
          hidden,
          cell,
          of_matrix(product(3, of_input.t(), input)),
          of_matrix(product(4, of_hidden.t(), flat)),
          at::Tensor()};
}

/// Outputs [steps, batch, units], and the last hidden and cell state, of contiguous tensors on a CUDA device. The input is
/// of the products' type, the rest float32.
/// @param learns whether a gradient is wanted
torch::autograd::variable_list recurrent_tree_on_cuda(const at::Tensor& input, const at::Tensor& hidden,
                                                      const at::Tensor& cell, const at::Tensor& weight_input,
                                                      const at::Tensor& weight_hidden, const Layer& layer, bool learns);

} // namespace nascent
