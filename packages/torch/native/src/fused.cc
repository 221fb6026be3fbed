// Batch normalisation followed by ReLU in one: a third of the memory traffic of the two operators apart.
//
// Only for dense channels-last float32 and bfloat16 tensors on the CPU, which is what children train on there;
// everything else goes through libtorch's own operators. Work is cut into blocks of rows whose number does not
// depend on the number of threads, and the blocks' sums are added in order: results are the same for any.
#include "custom-gradient.h"
#include "pixel-major.h"
#include "slots.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/relu.h>

#include <algorithm>
#include <cmath>
#include <exception>

namespace nascent {

namespace {

constexpr int64_t rows_per_block = 256; // × 64 channels × 4 bytes: a block stays in the second-level cache

/// Mean, and sum of squared distances from it, of each channel over the rows of one block (two passes in cache).
template <typename T>
NASCENT_INLINE void moments(const T* __restrict x, int64_t rows, int64_t channels, float* __restrict mean,
                            float* __restrict squares) {
  for (int64_t c = 0; c < channels; c++) mean[c] = squares[c] = 0;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < channels; c++) mean[c] += load(x + r * channels + c);
  const float share = 1.0f / rows;
  for (int64_t c = 0; c < channels; c++) mean[c] *= share;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < channels; c++) {
      float distance = load(x + r * channels + c) - mean[c];
      squares[c] += distance * distance;
    }
}

/// y = max(0, x·scale + shift); NaN stays NaN, so that divergence is seen.
template <typename T>
NASCENT_INLINE void forward_rows(const T* __restrict x, T* __restrict y, int64_t rows, int64_t channels,
                                 const float* __restrict scale, const float* __restrict shift) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < channels; c++) {
      float value = load(x + r * channels + c) * scale[c] + shift[c];
      save(y + r * channels + c, value < 0 ? 0 : value);
    }
}

/// Sums over a block of the gradient that passes the ReLU, and of it times (x − mean).
template <typename T>
NASCENT_INLINE void backward_sums(const T* __restrict x, const T* __restrict gradient, int64_t rows, int64_t channels,
                                  const float* __restrict scale, const float* __restrict shift,
                                  const float* __restrict mean, float* __restrict sum, float* __restrict product) {
  for (int64_t c = 0; c < channels; c++) sum[c] = product[c] = 0;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < channels; c++) {
      float value = load(x + r * channels + c);
      float arriving = load(gradient + r * channels + c); // read before it is chosen: that vectorises
      float passed = value * scale[c] + shift[c] <= 0 ? 0 : arriving;
      sum[c] += passed;
      product[c] += passed * (value - mean[c]);
    }
}

/// The gradient of x: a·(gradient that passes) + b·x + d by channel.
template <typename T>
NASCENT_INLINE void backward_rows(const T* __restrict x, const T* __restrict gradient, T* __restrict result,
                                  int64_t rows, int64_t channels, const float* __restrict scale,
                                  const float* __restrict shift, const float* __restrict a, const float* __restrict b,
                                  const float* __restrict d) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < channels; c++) {
      float value = load(x + r * channels + c);
      float arriving = load(gradient + r * channels + c); // read before it is chosen: that vectorises
      float passed = value * scale[c] + shift[c] <= 0 ? 0 : arriving;
      save(result + r * channels + c, a[c] * passed + b[c] * value + d[c]);
    }
}

#define NASCENT_KERNELS(T)                                                                                             \
  NASCENT_CLONES void run_moments(const T* x, int64_t rows, int64_t channels, float* mean, float* squares) {           \
    moments(x, rows, channels, mean, squares);                                                                         \
  }                                                                                                                    \
  NASCENT_CLONES void run_forward(const T* x, T* y, int64_t rows, int64_t channels, const float* scale,                \
                                  const float* shift) {                                                                \
    forward_rows(x, y, rows, channels, scale, shift);                                                                  \
  }                                                                                                                    \
  NASCENT_CLONES void run_sums(const T* x, const T* gradient, int64_t rows, int64_t channels, const float* scale,      \
                               const float* shift, const float* mean, float* sum, float* product) {                   \
    backward_sums(x, gradient, rows, channels, scale, shift, mean, sum, product);                                      \
  }                                                                                                                    \
  NASCENT_CLONES void run_backward(const T* x, const T* gradient, T* result, int64_t rows, int64_t channels,           \
                                   const float* scale, const float* shift, const float* a, const float* b,            \
                                   const float* d) {                                                                   \
    backward_rows(x, gradient, result, rows, channels, scale, shift, a, b, d);                                         \
  }
NASCENT_KERNELS(float)
NASCENT_KERNELS(Half)
#undef NASCENT_KERNELS

/// work(first row, rows, block) for each block of rows.
template <typename Work>
void for_blocks(int64_t rows, const Work& work) {
  for_each((rows + rows_per_block - 1) / rows_per_block, [&](int64_t block) {
    const int64_t first = block * rows_per_block;
    work(first, std::min(rows_per_block, rows - first), block);
  });
}

/// [N, C, H, W] in pixel-major memory is a matrix of N·H·W rows and C columns.
struct Matrix {
  explicit Matrix(const at::Tensor& tensor)
      : rows(tensor.numel() / tensor.size(1)), channels(tensor.size(1)), blocks((rows + rows_per_block - 1) / rows_per_block) {}
  const int64_t rows, channels, blocks;
};

struct Statistics {
  std::vector<float> mean, variance; // biased, of the batch
};

template <typename T>
Statistics statistics_of(const at::Tensor& input) {
  const Matrix matrix(input);
  const auto channels = matrix.channels;
  std::vector<float> means(matrix.blocks * channels), squares(matrix.blocks * channels);
  const T* x = elements<T>(input);
  for_blocks(matrix.rows, [&](int64_t first, int64_t rows, int64_t block) {
    run_moments(x + first * channels, rows, channels, means.data() + block * channels, squares.data() + block * channels);
  });
  Statistics found{std::vector<float>(channels), std::vector<float>(channels)};
  for (int64_t c = 0; c < channels; c++) {
    // Chan, Golub and LeVeque's merging of blocks, in double precision.
    double count = 0, mean = 0, square = 0;
    for (int64_t block = 0; block < matrix.blocks; block++) {
      const double rows = std::min(rows_per_block, matrix.rows - block * rows_per_block);
      const double distance = means[block * channels + c] - mean;
      const double total = count + rows;
      mean += distance * rows / total;
      square += squares[block * channels + c] + distance * distance * count * rows / total;
      count = total;
    }
    found.mean[c] = mean;
    found.variance[c] = square / count;
  }
  return found;
}

/// x·scale + shift is batch norm with these statistics.
struct Affine {
  Affine(const float* mean, const float* inverse, const at::Tensor& weight, const at::Tensor& bias)
      : scale(weight.numel()), shift(weight.numel()) {
    const float *w = weight.data_ptr<float>(), *b = bias.data_ptr<float>();
    for (size_t c = 0; c < scale.size(); c++) {
      scale[c] = w[c] * inverse[c];
      shift[c] = b[c] - mean[c] * scale[c];
    }
  }
  std::vector<float> scale, shift;
};

template <typename T>
at::Tensor transform(const at::Tensor& input, const Affine& affine) {
  const Matrix matrix(input);
  auto output = at::empty_like(input);
  const T* x = elements<T>(input);
  T* y = elements_to_write<T>(output);
  for_blocks(matrix.rows, [&](int64_t first, int64_t rows, int64_t) {
    run_forward(x + first * matrix.channels, y + first * matrix.channels, rows, matrix.channels, affine.scale.data(),
                affine.shift.data());
  });
  return output;
}

struct Gradients {
  at::Tensor input, weight, bias;
};

template <typename T>
Gradients gradients_of(const at::Tensor& input, const at::Tensor& gradient, const float* mean, const float* inverse,
                       const at::Tensor& weight, const at::Tensor& bias) {
  const Matrix matrix(input);
  const auto channels = matrix.channels;
  const Affine affine(mean, inverse, weight, bias);
  const T *x = elements<T>(input), *g = elements<T>(gradient);
  std::vector<float> sums(matrix.blocks * channels), products(matrix.blocks * channels);
  for_blocks(matrix.rows, [&](int64_t first, int64_t rows, int64_t block) {
    run_sums(x + first * channels, g + first * channels, rows, channels, affine.scale.data(), affine.shift.data(), mean,
             sums.data() + block * channels, products.data() + block * channels);
  });
  Gradients found{at::empty_like(input), at::empty_like(weight), at::empty_like(weight)};
  float *of_weight = found.weight.data_ptr<float>(), *of_bias = found.bias.data_ptr<float>();
  std::vector<float> a(channels), b(channels), d(channels);
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0, product = 0;
    for (int64_t block = 0; block < matrix.blocks; block++) {
      sum += sums[block * channels + c];
      product += products[block * channels + c];
    }
    const double slope = affine.scale[c], each = 1.0 / matrix.rows, spread = inverse[c];
    of_bias[c] = sum;
    of_weight[c] = product * spread;
    a[c] = slope;
    b[c] = -slope * spread * spread * product * each;
    d[c] = -slope * sum * each + slope * spread * spread * product * each * mean[c];
  }
  T* result = elements_to_write<T>(found.input);
  for_blocks(matrix.rows, [&](int64_t first, int64_t rows, int64_t) {
    run_backward(x + first * channels, g + first * channels, result + first * channels, rows, channels,
                 affine.scale.data(), affine.shift.data(), a.data(), b.data(), d.data());
  });
  return found;
}

/// Kept numbers as a tensor, for autograd to hold.
at::Tensor hold(const std::vector<float>& values) {
  auto tensor = at::empty({static_cast<int64_t>(values.size())}, at::TensorOptions().dtype(at::kFloat));
  std::copy(values.begin(), values.end(), tensor.data_ptr<float>());
  return tensor;
}

class BatchNormReLU : public torch::autograd::Function<BatchNormReLU> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, at::Tensor running_mean, at::Tensor running_variance,
                            double momentum, double epsilon) {
    const auto found = in_bfloat16(input) ? statistics_of<Half>(input) : statistics_of<float>(input);
    const int64_t channels = input.size(1), count = input.numel() / channels;
    std::vector<float> inverse(channels);
    float *mean = running_mean.data_ptr<float>(), *variance = running_variance.data_ptr<float>();
    const double unbiased = static_cast<double>(count) / (count - 1);
    for (int64_t c = 0; c < channels; c++) {
      inverse[c] = 1.0 / std::sqrt(found.variance[c] + epsilon);
      mean[c] += momentum * (found.mean[c] - mean[c]);
      variance[c] += momentum * (found.variance[c] * unbiased - variance[c]);
    }
    context->save_for_backward({input, weight, bias, hold(found.mean), hold(inverse)});
    const Affine affine(found.mean.data(), inverse.data(), weight, bias);
    return in_bfloat16(input) ? transform<Half>(input, affine) : transform<float>(input, affine);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    refuse_second_gradient("batchNormReLU", "batchNorm and relu");
    const auto saved = context->get_saved_variables();
    const auto& input = saved[0];
    const auto gradient = gradients[0].to(input.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const float *mean = saved[3].data_ptr<float>(), *inverse = saved[4].data_ptr<float>();
    auto found = in_bfloat16(input) ? gradients_of<Half>(input, gradient, mean, inverse, saved[1], saved[2])
                                    : gradients_of<float>(input, gradient, mean, inverse, saved[1], saved[2]);
    return {found.input, found.weight, found.bias, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

bool is_channel_vector(const at::Tensor& tensor, int64_t channels) {
  return tensor.dim() == 1 && tensor.size(0) == channels && tensor.scalar_type() == at::kFloat && tensor.is_cpu() &&
      tensor.is_contiguous();
}

/// batchNormRelu(input, weight, bias, runningMean, runningVariance, training, momentum, epsilon)
napi_value batch_norm_relu(napi_env env, napi_callback_info info) {
  Arguments<8> args(env, info);
  at::Tensor input = tensor_of(env, args[0]), weight = tensor_of(env, args[1]), bias = tensor_of(env, args[2]);
  at::Tensor mean = tensor_of(env, args[3]), variance = tensor_of(env, args[4]);
  const bool training = to_bool(env, args[5]);
  const double momentum = to_number(env, args[6]), epsilon = to_number(env, args[7]);
  const bool ours = is_pixel_major(input) && is_channel_vector(weight, input.size(1)) && is_channel_vector(bias, input.size(1)) &&
      is_channel_vector(mean, input.size(1)) && is_channel_vector(variance, input.size(1));
  if (ours && training && input.numel() > input.size(1))
    return from_tensor(env, BatchNormReLU::apply(input, weight, bias, mean, variance, momentum, epsilon));
  if (ours && !training && !c10::GradMode::is_enabled()) {
    std::vector<float> inverse(input.size(1));
    const float* variances = variance.data_ptr<float>();
    for (size_t c = 0; c < inverse.size(); c++) inverse[c] = 1.0 / std::sqrt(variances[c] + epsilon);
    const Affine affine(mean.data_ptr<float>(), inverse.data(), weight, bias);
    return from_tensor(env, in_bfloat16(input) ? transform<Half>(input, affine) : transform<float>(input, affine));
  }
  auto normalised = at::batch_norm(input, weight, bias, mean, variance, training, momentum, epsilon, true);
  return from_tensor(env, at::relu_(normalised));
}

} // namespace

void export_fused(napi_env env, napi_value exports) {
  NASCENT_EXPORT("batchNormRelu", batch_norm_relu);
}

} // namespace nascent
