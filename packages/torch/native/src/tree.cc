// Interprets a tree over blocks of units: each operation is one loop over contiguous numbers in the first-level cache.
#include "tree.h"

#include "bridge.h"
#include "elementwise.h"

#include <algorithm>

namespace nascent {

namespace {

NASCENT_CLONES void combine(Combination how, const float* left, const float* right, float* __restrict to, int64_t width) {
  switch (how) {
    case Combination::add:
      for (int64_t i = 0; i < width; i++) to[i] = left[i] + right[i];
      return;
    case Combination::multiply:
      for (int64_t i = 0; i < width; i++) to[i] = left[i] * right[i];
      return;
    case Combination::maximum: // NaN of either side stays, as in torch.maximum
      for (int64_t i = 0; i < width; i++) {
        const float a = left[i], b = right[i];
        const float larger = a > b ? a : b;
        to[i] = a != a ? a : larger;
      }
  }
}

/// `gradient` of the combined value, passed on to the side whose value is `self`. Written, or added to what is there.
template <bool adding>
NASCENT_INLINE void pass(Combination how, const float* gradient, const float* self, const float* other,
                         float* __restrict to, int64_t width) {
  switch (how) {
    case Combination::add:
      for (int64_t i = 0; i < width; i++) to[i] = adding ? to[i] + gradient[i] : gradient[i];
      return;
    case Combination::multiply:
      for (int64_t i = 0; i < width; i++) to[i] = adding ? to[i] + gradient[i] * other[i] : gradient[i] * other[i];
      return;
    case Combination::maximum: // half to each at ties
      for (int64_t i = 0; i < width; i++) {
        const float share = self[i] == other[i] ? 0.5f : 1.0f;
        const float passed = gradient[i] * share, own = self[i] < other[i] ? 0 : passed;
        to[i] = adding ? to[i] + own : own;
      }
  }
}
NASCENT_CLONES void pass_first(Combination how, const float* gradient, const float* self, const float* other, float* to,
                               int64_t width) {
  pass<false>(how, gradient, self, other, to, width);
}
NASCENT_CLONES void pass_more(Combination how, const float* gradient, const float* self, const float* other, float* to,
                              int64_t width) {
  pass<true>(how, gradient, self, other, to, width);
}

NASCENT_CLONES void sine_in_place(float* __restrict x, int64_t width) {
  for (int64_t i = 0; i < width; i++) x[i] = turned_sine(x[i], 0);
}
NASCENT_CLONES void times_cosine(float* __restrict gradient, const float* __restrict x, int64_t width) {
  for (int64_t i = 0; i < width; i++) gradient[i] *= turned_sine(x[i], 1);
}
/// Infinity and NaN are no small angles either.
NASCENT_CLONES bool small_angles(const float* x, int64_t width) {
  int32_t large = 0;
  for (int64_t i = 0; i < width; i++) large |= std::fabs(x[i]) <= largest_angle ? 0 : 1;
  return large == 0;
}

NASCENT_CLONES void activate_vectorised(Activation what, float* __restrict x, int64_t width) {
  switch (what) {
    case Activation::identity:
    case Activation::sine: return;
    case Activation::tanh:
      for (int64_t i = 0; i < width; i++) x[i] = tanh_of(x[i]);
      return;
    case Activation::sigmoid:
      for (int64_t i = 0; i < width; i++) x[i] = sigmoid_of(x[i]);
      return;
    case Activation::relu: // NaN stays, so that divergence is seen
      for (int64_t i = 0; i < width; i++) x[i] = x[i] < 0 ? 0 : x[i];
  }
}
void activate(Activation what, float* x, int64_t width) {
  if (what != Activation::sine) return activate_vectorised(what, x, width);
  if (small_angles(x, width)) return sine_in_place(x, width);
  for (int64_t i = 0; i < width; i++) x[i] = std::sin(x[i]);
}

/// gradient · activation′, from the activation's result.
NASCENT_CLONES void times_slope(Activation what, const float* __restrict y, float* __restrict gradient, int64_t width) {
  switch (what) {
    case Activation::identity:
    case Activation::sine: return;
    case Activation::tanh:
      for (int64_t i = 0; i < width; i++) gradient[i] *= 1.0f - y[i] * y[i];
      return;
    case Activation::sigmoid:
      for (int64_t i = 0; i < width; i++) gradient[i] *= y[i] * (1.0f - y[i]);
      return;
    case Activation::relu:
      for (int64_t i = 0; i < width; i++) gradient[i] = y[i] <= 0 ? 0 : gradient[i];
  }
}

/// One operation y = activation(combination(left, right)) on the way back, with the gradient of y in `gradient`.
struct Operation {
  Combination combination;
  Activation activation;
  const float *left, *right, *y;
};
void through_activation(const Operation& done, float* gradient, float* scratch, int64_t width) {
  if (done.activation != Activation::sine) return times_slope(done.activation, done.y, gradient, width);
  combine(done.combination, done.left, done.right, scratch, width); // a sine does not tell its angle
  if (small_angles(scratch, width)) return times_cosine(gradient, scratch, width);
  for (int64_t i = 0; i < width; i++) gradient[i] *= std::cos(scratch[i]);
}

NASCENT_CLONES void add_to(float* __restrict to, const float* __restrict more, int64_t width) {
  for (int64_t i = 0; i < width; i++) to[i] += more[i];
}

int64_t within(int64_t value, int64_t limit, const char* what) {
  if (value < 0 || value >= limit)
    fail("BAD_ARGUMENT", std::string("a tree's ") + what + " must be 0–" + std::to_string(limit - 1) + ", found " +
                             std::to_string(value));
  return value;
}

} // namespace

/// leaves, {combination, activation} of each; nodes, {left, right, combination, activation} of each; injected,
/// combination, activation; cell
Tree::Tree(const std::vector<int64_t>& program) {
  size_t at = 0;
  auto next = [&] {
    if (at >= program.size()) fail("BAD_ARGUMENT", "a tree's program ends too early");
    return program[at++];
  };
  auto combination = [&] { return static_cast<Combination>(within(next(), 3, "combination")); };
  auto activation = [&] { return static_cast<Activation>(within(next(), 5, "activation")); };
  leaves = next();
  if (leaves < 1) fail("BAD_ARGUMENT", "a tree has at least one leaf");
  for (int64_t i = 0; i < leaves; i++) {
    const auto how = combination();
    nodes.push_back({-1, -1, how, activation()});
  }
  for (int64_t inner = next(); inner > 0; inner--) {
    const int64_t left = within(next(), size(), "left node"), right = within(next(), size(), "right node");
    const auto how = combination();
    nodes.push_back({left, right, how, activation()});
  }
  injected = within(next(), size(), "injected node");
  inject_combination = combination();
  inject_activation = activation();
  cell = within(next(), size(), "cell node");
  if (at != program.size()) fail("BAD_ARGUMENT", "a tree's program has numbers left over");
  read.assign(nodes.size(), 0);
  read[size() - 1] = 1;
  for (int64_t i = size() - 1; i >= leaves; i--)
    if (matters(i)) read[nodes[i].left] = read[nodes[i].right] = 1;
}

std::vector<int64_t> Tree::keeping_operands() const {
  std::vector<int64_t> found;
  for (int64_t i = 0; i < leaves; i++)
    if (nodes[i].combination != Combination::add || nodes[i].activation == Activation::sine) found.push_back(i);
  return found;
}

bool Tree::adds_only() const {
  return std::all_of(nodes.begin(), nodes.begin() + leaves,
                     [](const TreeNode& leaf) { return leaf.combination == Combination::add; });
}

void run_tree(const Tree& tree, const TreeBlock& block, float* cell, float* hidden) {
  const int64_t width = block.width;
  auto value = [&](int64_t slot) { return block.values + slot * width; };
  for (int64_t i = 0; i < tree.size(); i++) {
    const auto& node = tree.nodes[i];
    const bool leaf = i < tree.leaves;
    float* y = value(i);
    combine(node.combination, leaf ? block.of_input[i] : value(tree.slot_of(node.left)),
            leaf ? block.of_hidden[i] : value(tree.slot_of(node.right)), y, width);
    if (i == tree.cell) std::copy(y, y + width, cell);
    activate(node.activation, y, width);
    if (i == tree.injected) {
      float* injected = value(tree.size());
      combine(tree.inject_combination, y, block.earlier_cell, injected, width);
      activate(tree.inject_activation, injected, width);
    }
  }
  const float* root = value(tree.slot_of(tree.size() - 1));
  std::copy(root, root + width, hidden);
}

void differentiate_tree(const Tree& tree, const TreeBlock& block, const TreeGradients& gradients) {
  const int64_t width = block.width, root = tree.size() - 1;
  auto value = [&](int64_t slot) { return block.values + slot * width; };
  auto gradient = [&](int64_t slot) { return gradients.scratch + slot * width; };
  float* spare = gradient(tree.slots());
  std::fill(gradients.scratch, spare, 0.0f);
  if (!tree.read[tree.injected]) std::fill(gradients.earlier_cell, gradients.earlier_cell + width, 0.0f);
  std::copy(gradients.hidden, gradients.hidden + width, gradient(tree.slot_of(root)));
  for (int64_t i = root; i >= 0; i--) {
    const auto& node = tree.nodes[i];
    const bool leaf = i < tree.leaves;
    const float* left = leaf ? block.of_input[i] : value(tree.slot_of(node.left));
    const float* right = leaf ? block.of_hidden[i] : value(tree.slot_of(node.right));
    float* own = gradient(i);
    if (tree.read[i]) {
      if (i == tree.injected) {
        const Operation injection{tree.inject_combination, tree.inject_activation, value(i), block.earlier_cell,
                                  value(tree.size())};
        float* after = gradient(tree.size());
        through_activation(injection, after, spare, width);
        pass_first(injection.combination, after, injection.left, injection.right, own, width);
        pass_first(injection.combination, after, injection.right, injection.left, gradients.earlier_cell, width);
      }
      through_activation({node.combination, node.activation, left, right, value(i)}, own, spare, width);
    }
    if (i == tree.cell) add_to(own, gradients.cell, width);
    if (leaf) {
      // Zeros for a leaf that does not matter, whatever its operands.
      const auto how = tree.matters(i) ? node.combination : Combination::add;
      pass_first(how, own, right, left, gradients.of_hidden + i * gradients.hidden_step, width);
      if (gradients.of_input)
        pass_first(how, own, left, right, gradients.of_input + i * gradients.input_step, width);
    } else if (tree.matters(i)) {
      pass_more(node.combination, own, left, right, gradient(tree.slot_of(node.left)), width);
      pass_more(node.combination, own, right, left, gradient(tree.slot_of(node.right)), width);
    }
  }
}

} // namespace nascent
