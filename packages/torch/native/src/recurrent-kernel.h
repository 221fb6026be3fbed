// A tree-shaped recurrent cell as CUDA C++: all that happens to one unit in one step, with every value in a register.
#pragma once

#include "tree.h"

#include <string>

namespace nascent {

/// Source of two kernels with one thread for each unit of each row; nothing is included, so that a run-time compiler
/// takes it without any headers. T is float, or bfloat16 (`low`), what the products are made of.
///
///     tree_forward(of_input, of_hidden, earlier, mask, cell, hidden, next, batch, units)
///     tree_backward(of_input, of_hidden, earlier, outputs, last, carried, mask, cell, of_input′, of_hidden′, batch, units)
///
/// - of_input, of_hidden: T [batch, leaves · units], the products of one step; with ′ their gradients (of_input′ may be
///   null where both are the same)
/// - earlier, cell, hidden: float [batch, units], the cell state before the step and both states after it; in
///   tree_backward `cell` holds the gradient of the later cell state and receives that of the earlier
/// - mask: float [batch, units] or null; next: T [batch, units] or null, the hidden state times the mask
/// - outputs, last (float) and carried (T, to be multiplied by the mask): what arrives at the hidden state, each may be null
std::string tree_kernels(const Tree& tree, bool low);

} // namespace nascent
