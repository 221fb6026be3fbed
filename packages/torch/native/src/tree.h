// A tree-shaped recurrent cell (Zoph & Le 2017, §3.4) as a program, run and differentiated over blocks of units.
#pragma once

#include <cstdint>
#include <vector>

namespace nascent {

enum class Combination : int64_t { add, multiply, maximum };
enum class Activation : int64_t { identity, tanh, sigmoid, relu, sine };

/// activation(combination(left, right)). Of leaf i, left and right are the i-th products of input and hidden state.
struct TreeNode {
  int64_t left, right; // earlier nodes; −1 of leaves
  Combination combination;
  Activation activation;
};

struct Tree {
  /// @throws Failure BAD_ARGUMENT where the program is none
  explicit Tree(const std::vector<int64_t>& program);

  int64_t leaves;
  std::vector<TreeNode> nodes; // the leaves first, the root last
  int64_t injected;            // the node that meets the earlier cell state
  Combination inject_combination;
  Activation inject_activation;
  int64_t cell; // the node whose combined value is the next cell state

  int64_t size() const { return static_cast<int64_t>(nodes.size()); }
  /// Values of a step that are kept: one of each node, and that of the injected node after the injection.
  int64_t slots() const { return size() + 1; }
  /// Where those that use a node's value find it.
  int64_t slot_of(int64_t node) const { return node == injected ? size() : node; }
  /// Leaves whose gradient needs their operands, not only their result.
  std::vector<int64_t> keeping_operands() const;
  /// Whether every leaf adds: then both operands have the same gradient.
  bool adds_only() const;
  std::vector<char> read; // whether the next states depend on a node's value after its activation
  bool matters(int64_t node) const { return read[node] || node == cell; }
};

/// So many numbers of one step, contiguous for each node.
struct TreeBlock {
  int64_t width;
  const float *const *of_input, *const *of_hidden; // operands of each leaf
  const float* earlier_cell;
  float* values; // slot k: + k · width
};

/// Fills `values` and writes the next cell and hidden state.
void run_tree(const Tree& tree, const TreeBlock& block, float* cell, float* hidden);

/// Gradients of a block of which `values` is filled. Operands are read of leaves that need them only.
struct TreeGradients {
  float* scratch; // (slots + 1) · width
  const float *hidden, *cell;
  float *of_input, *of_hidden; // of the operands, leaf i: + i · step; of_input is null when every leaf adds: the same
  int64_t input_step, hidden_step;
  float* earlier_cell; // not `cell`
};
void differentiate_tree(const Tree& tree, const TreeBlock& block, const TreeGradients& gradients);

} // namespace nascent
