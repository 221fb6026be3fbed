// A linear layer and the cross-entropy of its logits in one: the logits are written once and become their own gradient.
//
// Rows are taken in chunks, so that the logits never lie in memory as a whole when there are many. Only float32 on the
// CPU; under autocast the products run in bfloat16. Outside BLAS nothing depends on the number of threads.
#include "custom-gradient.h"
#include "elementwise.h"
#include "engine.h"
#include "slots.h"

#include <ATen/core/Reduction.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <vector>

namespace nascent {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Logits in memory at once: with fewer rows the products get slower, with gradients sooner (each part of the rows adds
// to all gradients of the weights).
constexpr int64_t logits_for_losses = 4 << 20, logits_for_gradients = 8 << 20;
constexpr int64_t rows_together = 16;        // share one partial sum of the bias's gradient
constexpr int lanes = 32;                    // running sums and maxima of a row: they vectorise, in a fixed order

/// work = x + bias; returns the largest.
template <typename T>
NASCENT_INLINE float shift(const T* __restrict x, const float* __restrict bias, float* __restrict work, int64_t width) {
  float lane[lanes];
  for (auto& each : lane) each = -std::numeric_limits<float>::infinity();
  for (int64_t i = 0; i < width; i++) work[i] = load(x + i) + bias[i];
  int64_t i = 0;
  for (; i + lanes <= width; i += lanes)
    for (int k = 0; k < lanes; k++) lane[k] = work[i + k] > lane[k] ? work[i + k] : lane[k];
  for (; i < width; i++) lane[0] = std::max(lane[0], work[i]);
  return *std::max_element(lane, lane + lanes);
}

/// work = scale · work as a row of gradients in x, added to the sums of its columns.
template <typename T>
NASCENT_INLINE void finish(const float* __restrict work, float scale, T* __restrict x, float* __restrict sums,
                           int64_t width) {
  for (int64_t i = 0; i < width; i++) {
    const float value = work[i] * scale;
    save(x + i, value);
    sums[i] += value;
  }
}

#define NASCENT_KERNELS(T)                                                                                             \
  NASCENT_CLONES float run_shift(const T* x, const float* bias, float* work, int64_t width) {                          \
    return shift(x, bias, work, width);                                                                                \
  }                                                                                                                    \
  NASCENT_CLONES void run_finish(const float* work, float scale, T* x, float* sums, int64_t width) {                   \
    finish(work, scale, x, sums, width);                                                                               \
  }
NASCENT_KERNELS(float)
NASCENT_KERNELS(Half)
#undef NASCENT_KERNELS

/// x = e^(x − most); returns their sum. NaN of any element makes it NaN.
NASCENT_CLONES float exponentials(float* __restrict x, float most, int64_t width) {
  float lane[lanes] = {};
  for (int64_t i = 0; i < width; i++) x[i] = exp_of(x[i] - most);
  int64_t i = 0;
  for (; i + lanes <= width; i += lanes)
    for (int k = 0; k < lanes; k++) lane[k] += x[i + k];
  for (; i < width; i++) lane[0] += x[i];
  float sum = 0;
  for (float each : lane) sum += each;
  return sum;
}

/// work(first row, rows, group) for each group of rows.
template <typename Work>
void for_groups(int64_t rows, const Work& work) {
  for_each((rows + rows_together - 1) / rows_together, [&](int64_t group) {
    const int64_t first = group * rows_together;
    work(first, std::min(rows_together, rows - first), group);
  });
}

/// Losses of the rows of logits, to which the bias has not been added yet. Where `sums` is there the logits become
/// (softmax − one-hot) · scale, and each group of rows has the sums of its columns in `sums`, zeros before.
template <typename T>
void losses_of(const at::Tensor& logits, const float* bias, const int64_t* targets, float scale, float* losses,
               float* sums) {
  const int64_t width = logits.size(1);
  T* x = elements_to_write<T>(logits);
  for_groups(logits.size(0), [&](int64_t first, int64_t rows, int64_t group) {
    std::vector<float> work(width);
    for (int64_t r = first; r < first + rows; r++) {
      T* row = x + r * width;
      const int64_t target = targets[r];
      const float most = run_shift(row, bias, work.data(), width), own = work[target] - most;
      const float sum = exponentials(work.data(), most, width);
      losses[r] = std::log(sum) - own;
      if (!sums) continue;
      work[target] -= sum; // so that p − 1 is rounded once
      run_finish(work.data(), scale / sum, row, sums + group * width, width);
    }
  });
}

/// Sums of the columns of groups, added to `total` in their order.
void add_groups(const std::vector<float>& groups, float* total, int64_t width) {
  for (size_t at = 0; at < groups.size(); at += width)
    for (int64_t i = 0; i < width; i++) total[i] += groups[at + i];
}

struct Operands {
  at::Tensor hidden, weight; // [rows, inputs], [classes, inputs], as the products take them
  at::Tensor bias;           // float32 [classes], zeros where there is none
  at::Tensor targets;        // int64 [rows]
};

/// work(first row, rows) for each chunk of so many logits.
template <typename Work>
void for_chunks(const Operands& operands, int64_t logits, const Work& work) {
  const int64_t rows = operands.hidden.size(0), chunk = std::max<int64_t>(1, logits / operands.weight.size(0));
  for (int64_t first = 0; first < rows; first += chunk) work(first, std::min(chunk, rows - first));
}

at::Tensor reduced(const at::Tensor& losses, int64_t reduction) {
  if (reduction == at::Reduction::None) return losses;
  const float* each = losses.data_ptr<float>();
  double sum = 0;
  for (int64_t r = 0; r < losses.numel(); r++) sum += each[r];
  auto result = floats({});
  *result.data_ptr<float>() = sum / (reduction == at::Reduction::Mean ? losses.numel() : 1);
  return result;
}

at::Tensor losses_only(const Operands& operands, int64_t reduction) {
  auto losses = floats({operands.hidden.size(0)});
  const auto transposed = operands.weight.t();
  for_chunks(operands, logits_for_losses, [&](int64_t first, int64_t rows) {
    const auto logits = at::mm(operands.hidden.narrow(0, first, rows), transposed);
    (in_bfloat16(logits) ? losses_of<Half> : losses_of<float>)(
        logits, operands.bias.data_ptr<float>(), operands.targets.data_ptr<int64_t>() + first, 1,
        losses.data_ptr<float>() + first, nullptr);
  });
  return reduced(losses, reduction);
}

class LinearCrossEntropy : public torch::autograd::Function<LinearCrossEntropy> {
 public:
  /// The gradients are ready when the loss is; backward scales them by what arrives.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& weight,
                            const at::Tensor& bias, const at::Tensor& targets, bool low, int64_t reduction) {
    Quietly quietly;
    const auto type = low ? at::kBFloat16 : at::kFloat;
    const Operands operands{hidden.to(type), weight.to(type), bias, targets};
    const int64_t count = hidden.size(0), classes = weight.size(0);
    const float scale = reduction == at::Reduction::Mean ? 1.0f / count : 1.0f;
    auto losses = floats({count}), of_hidden = at::empty(hidden.sizes(), operands.hidden.options());
    at::Tensor of_weight, of_bias = at::zeros(bias.sizes(), at::kFloat);
    const auto transposed = operands.weight.t();
    for_chunks(operands, logits_for_gradients, [&](int64_t first, int64_t rows) {
      const auto part = operands.hidden.narrow(0, first, rows);
      const auto logits = at::mm(part, transposed);
      std::vector<float> sums((rows + rows_together - 1) / rows_together * classes);
      (low ? losses_of<Half> : losses_of<float>)(logits, bias.data_ptr<float>(), targets.data_ptr<int64_t>() + first,
                                                 scale, losses.data_ptr<float>() + first, sums.data());
      add_groups(sums, of_bias.data_ptr<float>(), classes);
      auto to = of_hidden.narrow(0, first, rows);
      if (hidden.requires_grad()) at::mm_out(to, logits, operands.weight);
      if (!weight.requires_grad()) return;
      if (!of_weight.defined()) of_weight = at::mm(logits.t(), part).to(at::kFloat);
      else if (low) of_weight.add_(at::mm(logits.t(), part));
      else of_weight.addmm_(logits.t(), part);
    });
    context->save_for_backward({hidden.requires_grad() ? of_hidden.to(hidden.scalar_type()) : at::Tensor(), of_weight,
                                bias.requires_grad() ? of_bias : at::Tensor()});
    return reduced(losses, reduction);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    refuse_second_gradient("linearCrossEntropy", "linear and crossEntropy");
    Quietly quietly;
    const auto saved = context->get_saved_variables();
    const bool as_is = gradients[0].item<float>() == 1;
    auto scaled = [&](const at::Tensor& found) { return found.defined() && !as_is ? at::mul(found, gradients[0]) : found; };
    return {scaled(saved[0]), scaled(saved[1]), scaled(saved[2]), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

/// @throws Failure BAD_ARGUMENT
void expect_classes(const at::Tensor& targets, int64_t classes) {
  const int64_t* target = targets.data_ptr<int64_t>();
  for (int64_t r = 0; r < targets.numel(); r++)
    if (target[r] < 0 || target[r] >= classes)
      fail("BAD_ARGUMENT", "linearCrossEntropy expects targets from 0 to " + std::to_string(classes - 1) + ", found " +
                               std::to_string(target[r]) + " at row " + std::to_string(r));
}

/// linearCrossEntropy(hidden, weight, bias | null, targets, reduction)
napi_value linear_cross_entropy(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  at::Tensor hidden = tensor_of(env, args[0]), weight = tensor_of(env, args[1]), targets = tensor_of(env, args[3]), bias;
  if (!absent(env, args[2])) bias = tensor_of(env, args[2]);
  const int64_t reduction = to_int(env, args[4]);
  const bool shapes = hidden.dim() == 2 && weight.dim() == 2 && targets.dim() == 1 && hidden.size(1) == weight.size(1) &&
      hidden.size(0) == targets.size(0) && targets.scalar_type() == at::kLong && hidden.size(0) > 0 &&
      (!bias.defined() || (bias.dim() == 1 && bias.size(0) == weight.size(0)));
  if (!shapes)
    fail("BAD_ARGUMENT", "linearCrossEntropy expects hidden [rows, inputs], weight [classes, inputs], bias [classes] and "
                         "targets int64 [rows], found " + describe(hidden) + ", " + describe(weight) + ", " +
                             (bias.defined() ? describe(bias) : "no bias") + " and " + describe(targets));
  if (targets.is_cpu()) expect_classes(targets = targets.contiguous(), weight.size(0));
  const bool low = in_autocast(c10::kCPU);
  if (in_bfloat16(hidden) && hidden.is_cpu() && weight.scalar_type() == at::kFloat) hidden = hidden.to(at::kFloat);
  const bool learns = c10::GradMode::is_enabled() &&
      (hidden.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad()));
  const bool ours = holds_floats(hidden) && holds_floats(weight) && (!bias.defined() || holds_floats(bias)) && targets.is_cpu();
  if (!ours || (learns && reduction == at::Reduction::None)) // each row's gradient then has a scale of its own
    return from_tensor(env, at::cross_entropy_loss(at::linear(hidden, weight, bias), targets, {}, reduction));
  if (!bias.defined()) bias = at::zeros({weight.size(0)}, at::kFloat);
  hidden = hidden.contiguous(), weight = weight.contiguous(), bias = bias.contiguous();
  if (learns) return from_tensor(env, LinearCrossEntropy::apply(hidden, weight, bias, targets, low, reduction));
  Quietly quietly;
  const auto type = low ? at::kBFloat16 : at::kFloat;
  return from_tensor(env, losses_only({hidden.to(type), weight.to(type), bias, targets}, reduction));
}

} // namespace

void export_linear_cross_entropy(napi_env env, napi_value exports) {
  NASCENT_EXPORT("linearCrossEntropy", linear_cross_entropy);
}

} // namespace nascent
