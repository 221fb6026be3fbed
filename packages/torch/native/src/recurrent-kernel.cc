// Writes a tree down as straight-line code. Backwards the node values are computed again instead of read: a register
// costs less than memory. The order of sums is that of differentiate_tree (tree.cc).
#include "recurrent-kernel.h"

#include <sstream>

namespace nascent {

namespace {

/// Of a float that is a NaN, any comparison is false: the order of the alternatives below keeps NaN a NaN.
const char* const prelude = R"(
__device__ __forceinline__ float load(const float* from) { return *from; }
__device__ __forceinline__ void save(float* to, float value) { *to = value; }
__device__ __forceinline__ float load(const unsigned short* from) { return __uint_as_float((unsigned)*from << 16); }
__device__ __forceinline__ void save(unsigned short* to, float value) { // to the nearest, at ties to the even one
  const unsigned bits = __float_as_uint(value);
  *to = value != value ? 0x7fc0 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
__device__ __forceinline__ float larger(float a, float b) { return a != a ? a : a > b ? a : b; }
__device__ __forceinline__ float of_larger(float gradient, float self, float other) {
  return self < other ? 0.0f : self == other ? 0.5f * gradient : gradient; // half to each at ties
}
__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
__device__ __forceinline__ float relu(float x) { return x < 0.0f ? 0.0f : x; }
)";

std::string name(const char* kind, int64_t number) { return kind + std::to_string(number); }

std::string combined(Combination how, const std::string& left, const std::string& right) {
  switch (how) {
    case Combination::add: return left + " + " + right;
    case Combination::multiply: return left + " * " + right;
    case Combination::maximum: break;
  }
  return "larger(" + left + ", " + right + ")";
}

std::string activated(Activation what, const std::string& x) {
  switch (what) {
    case Activation::identity: return x;
    case Activation::tanh: return "tanhf(" + x + ")";
    case Activation::sigmoid: return "sigmoid(" + x + ")";
    case Activation::relu: return "relu(" + x + ")";
    case Activation::sine: break;
  }
  return "sinf(" + x + ")";
}

/// `gradient` through activation(x) = y.
std::string through(Activation what, const std::string& gradient, const std::string& x, const std::string& y) {
  switch (what) {
    case Activation::identity: return gradient;
    case Activation::tanh: return gradient + " * (1.0f - " + y + " * " + y + ")";
    case Activation::sigmoid: return gradient + " * (" + y + " * (1.0f - " + y + "))";
    case Activation::relu: return y + " <= 0.0f ? 0.0f : " + gradient;
    case Activation::sine: break;
  }
  return gradient + " * cosf(" + x + ")";
}

/// What of `gradient` reaches the side whose value is `self`.
std::string passed(Combination how, const std::string& gradient, const std::string& self, const std::string& other) {
  switch (how) {
    case Combination::add: return gradient;
    case Combination::multiply: return gradient + " * " + other;
    case Combination::maximum: break;
  }
  return "of_larger(" + gradient + ", " + self + ", " + other + ")";
}

/// Variables: a, b (the sides of a leaf), x (combined), y (activated) by node; xi, yi of the injection; g (gradients) by
/// slot; c the earlier cell state.
class TreeCode {
 public:
  TreeCode(const Tree& tree, bool low) : tree_(tree), type_(low ? "unsigned short" : "float") {}

  std::string write() {
    code_ << prelude;
    forward();
    backward();
    return code_.str();
  }

 private:
  std::string value(int64_t node) const { return node == tree_.injected ? "yi" : name("y", node); }
  std::string left(int64_t node) const {
    return node < tree_.leaves ? name("a", node) : value(tree_.nodes[node].left);
  }
  std::string right(int64_t node) const {
    return node < tree_.leaves ? name("b", node) : value(tree_.nodes[node].right);
  }
  std::ostream& let(const std::string& variable) { return code_ << "  const float " << variable << " = "; }

  void begin(const char* kernel, const std::string& parameters) {
    code_ << "extern \"C\" __global__ void " << kernel << "(const " << type_ << "* of_input, const " << type_
          << "* of_hidden, const float* earlier, " << parameters << ", int batch, int units) {\n"
          << "  const int at = blockIdx.x * blockDim.x + threadIdx.x;\n"
          << "  if (at >= batch * units) return;\n"
          << "  const long long leaf = (long long)(at / units) * " << tree_.leaves << " * units + at % units;\n";
  }

  void values() {
    let("c") << "earlier[at];\n";
    for (int64_t i = 0; i < tree_.leaves; i++) {
      let(name("a", i)) << "load(of_input + leaf + (long long)units * " << i << ");\n";
      let(name("b", i)) << "load(of_hidden + leaf + (long long)units * " << i << ");\n";
    }
    for (int64_t i = 0; i < tree_.size(); i++) {
      const auto& node = tree_.nodes[i];
      let(name("x", i)) << combined(node.combination, left(i), right(i)) << ";\n";
      let(name("y", i)) << activated(node.activation, name("x", i)) << ";\n";
      if (i != tree_.injected) continue;
      let("xi") << combined(tree_.inject_combination, name("y", i), "c") << ";\n";
      let("yi") << activated(tree_.inject_activation, "xi") << ";\n";
    }
  }

  void forward() {
    begin("tree_forward", std::string("const float* mask, float* cell, float* hidden, ") + type_ + "* next");
    values();
    const auto root = value(tree_.size() - 1);
    code_ << "  cell[at] = " << name("x", tree_.cell) << ";\n"
          << "  hidden[at] = " << root << ";\n"
          << "  if (next) save(next + at, mask ? " << root << " * mask[at] : " << root << ");\n}\n";
  }

  void backward() {
    begin("tree_backward", std::string("const float* outputs, const float* last, const ") + type_ +
                               "* carried, const float* mask, float* cell, " + type_ + "* of_input_gradient, " + type_ +
                               "* of_hidden_gradient");
    values();
    const int64_t root = tree_.size() - 1;
    code_ << "  const float later = cell[at];\n  float to_cell = 0.0f;\n";
    for (int64_t slot = 0; slot < tree_.slots(); slot++) code_ << "  float " << name("g", slot) << " = 0.0f;\n";
    const auto arriving = name("g", tree_.slot_of(root));
    code_ << "  if (last) " << arriving << " = last[at];\n"
          << "  if (carried) " << arriving << " = mask ? load(carried + at) * mask[at] : load(carried + at);\n"
          << "  if (outputs) " << arriving << " += outputs[at];\n";
    for (int64_t i = root; i >= 0; i--) back_through(i);
    code_ << "  cell[at] = to_cell;\n}\n";
  }

  void back_through(int64_t i) {
    const auto& node = tree_.nodes[i];
    const auto own = name("g", i), y = name("y", i);
    if (tree_.read[i]) {
      if (i == tree_.injected) {
        const auto after = name("g", tree_.size());
        code_ << "  " << after << " = " << through(tree_.inject_activation, after, "xi", "yi") << ";\n"
              << "  " << own << " = " << passed(tree_.inject_combination, after, y, "c") << ";\n"
              << "  to_cell = " << passed(tree_.inject_combination, after, "c", y) << ";\n";
      }
      code_ << "  " << own << " = " << through(node.activation, own, name("x", i), y) << ";\n";
    }
    if (i == tree_.cell) code_ << "  " << own << " += later;\n";
    if (i < tree_.leaves) {
      // Zeros for a leaf that does not matter, whatever its operands.
      const auto how = tree_.matters(i) ? node.combination : Combination::add;
      const auto at = "_gradient + leaf + (long long)units * " + std::to_string(i) + ", ";
      code_ << "  save(of_hidden" << at << passed(how, own, right(i), left(i)) << ");\n"
            << "  if (of_input_gradient) save(of_input" << at << passed(how, own, left(i), right(i)) << ");\n";
    } else if (tree_.matters(i)) {
      code_ << "  " << name("g", tree_.slot_of(node.left)) << " += " << passed(node.combination, own, left(i), right(i))
            << ";\n  " << name("g", tree_.slot_of(node.right)) << " += "
            << passed(node.combination, own, right(i), left(i)) << ";\n";
    }
  }

  const Tree& tree_;
  const char* const type_;
  std::ostringstream code_;
};

} // namespace

std::string tree_kernels(const Tree& tree, bool low) { return TreeCode(tree, low).write(); }

} // namespace nascent
