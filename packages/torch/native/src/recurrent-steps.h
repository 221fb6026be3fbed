// The steps of a recurrent layer forward and back, apart from the products that all steps have in common.
//
// Units are taken in tiles of 16, which every step cuts out of all leaves: [rows][16] contiguous, rows padded for
// panels.h. A thread keeps its tiles for the whole sequence; all meet once a step. Nothing depends on their number.
#pragma once

#include "panels.h"
#include "tree.h"

#include <ATen/core/Tensor.h>

namespace nascent {

struct RecurrentSizes {
  int64_t steps, batch, units, leaves;

  int64_t products() const { return leaves * units; } // of one row
  int64_t tiles() const { return (units + lanes - 1) / lanes; }
  int64_t tile() const { return padded_rows(batch) * lanes; }
  int64_t columns(int64_t tile) const { return std::min(lanes, units - tile * lanes); }
};

/// What the gradient needs of a run, all float but `previous`.
struct RecurrentTape {
  at::Tensor values;   // of the nodes, [steps, tiles, slots, tile]
  at::Tensor operands; // of the leaves that keep them, [steps, tiles, kept, 2, tile]
  at::Tensor cells;    // before each step, and after the last: [steps + 1, tiles, tile]
  at::Tensor previous; // masked hidden states before each step, [steps, batch, units], in the products' type
};

/// The sequence's operands beside the products with the input. Float, contiguous.
struct RecurrentOperands {
  const float *hidden, *cell; // [batch, units]
  const float* weights;       // [leaves · units, units]
  const float* mask;          // [batch, units], or null
};

/// T is what the products multiply: float, or bfloat16.
/// @param of_input products with the input, [steps, batch, leaves · units]
/// @param tape null where no gradient is wanted
/// @param outputs [steps, batch, units]; `cell` [batch, units]
template <typename T>
void run_steps(const Tree& tree, const RecurrentSizes& sizes, const T* of_input, const RecurrentOperands& operands,
               RecurrentTape* tape, float* outputs, float* cell);

/// Gradients that arrive, each null for zeros, and those that result.
template <typename T>
struct RecurrentGradients {
  const float *outputs, *hidden, *cell; // [steps, batch, units], [batch, units]
  T *of_input, *of_hidden;              // [steps, batch, leaves · units]; of_input is null where it is the same
  float *first_hidden, *first_cell;     // [batch, units]
};
template <typename T>
void differentiate_steps(const Tree& tree, const RecurrentSizes& sizes, const RecurrentTape& tape,
                         const RecurrentOperands& operands, const RecurrentGradients<T>& gradients);

} // namespace nascent
