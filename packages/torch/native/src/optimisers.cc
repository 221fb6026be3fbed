// Optimiser steps over all parameters in one call, without autograd.
#include "bridge.h"
#include "slots.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include <cmath>

namespace nascent {

namespace {

/// The memory of dense float32 CPU tensors of equal layout can be walked in any order; then one pass does it all.
bool one_pass(const at::Tensor& parameter, const at::Tensor& other) {
  return other.is_cpu() && parameter.is_cpu() && parameter.scalar_type() == at::kFloat &&
      other.scalar_type() == at::kFloat && other.strides() == parameter.strides() &&
      other.is_non_overlapping_and_dense() && other.layout() == at::kStrided;
}

void same_size(const at::Tensor& parameter, const at::Tensor& state, const char* what) {
  if (state.sizes() != parameter.sizes())
    fail("SHAPE_MISMATCH", std::string("the ") + what + " is " + describe(state) + ", its parameter " + describe(parameter));
}

constexpr int64_t grain = 32768;

/// sgdStep(parameters, velocities | null, learningRate, momentum, nesterov, weightDecay)
/// v ← momentum·v + (g + weightDecay·w);  w ← w − learningRate·(nesterov ? g' + momentum·v : v)
napi_value sgd_step(napi_env env, napi_callback_info info) {
  Arguments<6> args(env, info);
  auto parameters = tensors_of(env, args[0]);
  auto velocities = absent(env, args[1]) ? std::vector<at::Tensor>{} : tensors_of(env, args[1]);
  const float rate = to_number(env, args[2]), momentum = to_number(env, args[3]), decay = to_number(env, args[5]);
  const double rate64 = to_number(env, args[2]), momentum64 = to_number(env, args[3]), decay64 = to_number(env, args[5]);
  const bool nesterov = to_bool(env, args[4]);
  if (!velocities.empty() && velocities.size() != parameters.size())
    fail("BAD_ARGUMENT", "one velocity for each parameter is needed");
  c10::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); i++) {
    auto& w = parameters[i];
    const auto& g = w.grad();
    if (!g.defined()) continue;
    const bool moving = !velocities.empty();
    if (moving) same_size(w, velocities[i], "velocity");
    if (one_pass(w, w) && one_pass(w, g) && (!moving || one_pass(w, velocities[i]))) {
      float* weights = w.data_ptr<float>();
      const float* gradients = g.data_ptr<float>();
      float* speeds = moving ? velocities[i].data_ptr<float>() : nullptr;
      at::parallel_for(0, w.numel(), grain, [=](int64_t begin, int64_t end) {
        for (int64_t k = begin; k < end; k++) {
          float step = gradients[k] + decay * weights[k];
          if (speeds) {
            speeds[k] = momentum * speeds[k] + step;
            step = nesterov ? step + momentum * speeds[k] : speeds[k];
          }
          weights[k] -= rate * step;
        }
      });
      w.unsafeGetTensorImpl()->bump_version();
      continue;
    }
    auto step = decay64 != 0 ? g.add(w, decay64) : g;
    if (moving) {
      velocities[i].mul_(momentum64).add_(step);
      step = nesterov ? step.add(velocities[i], momentum64) : velocities[i];
    }
    w.add_(step, -rate64);
  }
  return nullptr;
}

/// adamStep(parameters, gradients | null, means, squares, learningRate, beta1, beta2, epsilon, weightDecay, steps,
/// decoupled); steps is a Float64Array of the steps each parameter has taken, counted on here: one without a
/// gradient stands still. Kingma & Ba 2015, algorithm 1; decoupled: Loshchilov & Hutter 2019.
napi_value adam_step(napi_env env, napi_callback_info info) {
  Arguments<11> args(env, info);
  auto parameters = tensors_of(env, args[0]);
  auto given = absent(env, args[1]) ? std::vector<at::Tensor>{} : tensors_of(env, args[1]);
  auto means = tensors_of(env, args[2]);
  auto squares = tensors_of(env, args[3]);
  const double rate = to_number(env, args[4]), beta1 = to_number(env, args[5]), beta2 = to_number(env, args[6]);
  const double epsilon = to_number(env, args[7]), decay = to_number(env, args[8]);
  const auto counts = to_bytes(env, args[9]);
  const bool decoupled = to_bool(env, args[10]);
  if (means.size() != parameters.size() || squares.size() != parameters.size() ||
      (!given.empty() && given.size() != parameters.size()))
    fail("BAD_ARGUMENT", "one gradient, mean and square for each parameter is needed");
  if (counts.length != parameters.size() * sizeof(double)) fail("BAD_ARGUMENT", "one step count for each parameter is needed");
  double* steps = static_cast<double*>(counts.data);
  c10::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); i++) {
    auto& w = parameters[i];
    const at::Tensor& g = given.empty() ? w.grad() : given[i];
    if (!g.defined()) continue;
    same_size(w, g, "gradient");
    same_size(w, means[i], "mean");
    same_size(w, squares[i], "square");
    const double count = ++steps[i];
    const double step_size = rate / (1 - std::pow(beta1, count));
    const double root = std::sqrt(1 - std::pow(beta2, count));
    if (one_pass(w, w) && one_pass(w, g) && one_pass(w, means[i]) && one_pass(w, squares[i])) {
      float* weights = w.data_ptr<float>();
      const float* gradients = g.data_ptr<float>();
      float* first = means[i].data_ptr<float>();
      float* second = squares[i].data_ptr<float>();
      const float b1 = beta1, b2 = beta2, r1 = 1 - beta1, r2 = 1 - beta2, eps = epsilon, size = step_size,
                  bias = root, l2 = decoupled ? 0 : decay, shrink = decoupled ? 1 - rate * decay : 1;
      at::parallel_for(0, w.numel(), grain, [=](int64_t begin, int64_t end) {
        for (int64_t k = begin; k < end; k++) {
          float gradient = gradients[k] + l2 * weights[k];
          first[k] = b1 * first[k] + r1 * gradient;
          second[k] = b2 * second[k] + r2 * gradient * gradient;
          weights[k] = shrink * weights[k] - size * first[k] / (std::sqrt(second[k]) / bias + eps);
        }
      });
      w.unsafeGetTensorImpl()->bump_version();
      continue;
    }
    auto gradient = !decoupled && decay != 0 ? g.add(w, decay) : g;
    if (decoupled && decay != 0) w.mul_(1 - rate * decay);
    means[i].mul_(beta1).add_(gradient, 1 - beta1);
    squares[i].mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
    w.addcdiv_(means[i], squares[i].sqrt().div_(root).add_(epsilon), -step_size);
  }
  return nullptr;
}

std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> result;
  for (const auto& parameter : parameters)
    if (parameter.grad().defined()) result.push_back(parameter.grad());
  return result;
}

double norm_of_all(const std::vector<at::Tensor>& gradients) {
  if (!gradients.empty() && !gradients[0].is_cpu()) {
    // Reading a number back waits for the device: once.
    std::vector<at::Tensor> norms;
    const bool narrow = gradients[0].is_mps(); // has no float64
    for (const auto& gradient : gradients)
      norms.push_back(narrow ? gradient.norm() : gradient.norm().to(at::kDouble));
    auto all = at::stack(norms);
    if (narrow) all = all.cpu().to(at::kDouble);
    return all.norm().item().toDouble();
  }
  double total = 0;
  for (const auto& gradient : gradients) {
    double norm = gradient.norm().item().toDouble();
    total += norm * norm;
  }
  return std::sqrt(total);
}

/// clipGradients(parameters, gradients | null, maxNorm): the Euclidean norm of all gradients before clipping
napi_value clip_gradients(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  auto gradients = absent(env, args[1]) ? gradients_of(tensors_of(env, args[0])) : tensors_of(env, args[1]);
  const double limit = to_number(env, args[2]);
  c10::NoGradGuard no_grad;
  const double total = norm_of_all(gradients);
  if (std::isfinite(total) && total > limit)
    for (auto& gradient : gradients) gradient.mul_(limit / (total + 1e-6));
  return from_number(env, total);
}

/// zeroGradients(parameters): forgets the gradients; the next backward writes fresh ones
napi_value zero_gradients(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  for (auto& parameter : tensors_of(env, args[0])) parameter.mutable_grad() = at::Tensor();
  return nullptr;
}

} // namespace

void export_optimisers(napi_env env, napi_value exports) {
  NASCENT_EXPORT("sgdStep", sgd_step);
  NASCENT_EXPORT("adamStep", adam_step);
  NASCENT_EXPORT("clipGradients", clip_gradients);
  NASCENT_EXPORT("zeroGradients", zero_gradients);
}

} // namespace nascent
