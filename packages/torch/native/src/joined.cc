// Zero padding and joining along depth in one pass, and the mean of each channel, with their gradients.
//
// Only for pixel-major tensors on the CPU (pixel-major.h); everything else goes through libtorch's own operators. No
// sum here depends on the number of threads.
#include "custom-gradient.h"
#include "pixel-major.h"
#include "slots.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>

#include <array>
#include <cstring>
#include <vector>

namespace nascent {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor pixel_major_like(const at::Tensor& like, at::IntArrayRef sizes) {
  return at::empty(sizes, like.options(), at::MemoryFormat::ChannelsLast);
}

/// Pixels before and after the rows and columns of one part.
struct Around {
  int64_t left, right, top, bottom;
};
/// One argument to autograd, however many parts.
struct Padding {
  std::vector<Around> parts;
};

/// copy(row of the joined image, first pixel, pixels, row of the part) for each image row of one part.
template <typename Copy>
void for_rows(const at::IntArrayRef part, const Around& around, int64_t height, const Copy& copy) {
  const int64_t rows = part[2];
  for_each(part[0] * rows, [&](int64_t row) {
    copy((row / rows) * height + around.top + row % rows, around.left, part[3], row);
  });
}

/// Bytes of the part's pixels are `narrow` apart, those of the joined image `wide`.
void copy_pixels(char* to, int64_t to_step, const char* from, int64_t from_step, int64_t bytes, int64_t pixels) {
  for (int64_t pixel = 0; pixel < pixels; pixel++) std::memcpy(to + pixel * to_step, from + pixel * from_step, bytes);
}

class PaddedCat : public torch::autograd::Function<PaddedCat> {
 public:
  static at::Tensor forward(AutogradContext* context, at::TensorList parts, Padding padding) {
    const int64_t batch = parts[0].size(0);
    const int64_t height = parts[0].size(2) + padding.parts[0].top + padding.parts[0].bottom;
    const int64_t width = parts[0].size(3) + padding.parts[0].left + padding.parts[0].right;
    int64_t channels = 0;
    for (const auto& part : parts) channels += part.size(1);
    auto joined = pixel_major_like(parts[0], {batch, channels, height, width});
    char* to = static_cast<char*>(joined.data_ptr());
    const int64_t size = joined.element_size(), wide = channels * size;
    int64_t offset = 0;
    std::vector<int64_t> sizes; // of the parts, four each, then whether they learn
    for (size_t i = 0; i < parts.size(); i++) {
      const auto& part = parts[i];
      const auto around = padding.parts[i];
      const int64_t narrow = part.size(1) * size;
      const char* from = static_cast<const char*>(part.data_ptr());
      if (around.left + around.right + around.top + around.bottom > 0) {
        // Its channels outside the part: zero is all bits zero in both types.
        for_each(batch * height, [&](int64_t row) {
          const int64_t y = row % height;
          const bool outside = y < around.top || y >= height - around.bottom;
          for (int64_t x = 0; x < width; x++)
            if (outside || x < around.left || x >= width - around.right)
              std::memset(to + (row * width + x) * wide + offset, 0, narrow);
        });
      }
      for_rows(part.sizes(), around, height, [&](int64_t row, int64_t first, int64_t pixels, int64_t own) {
        copy_pixels(to + (row * width + first) * wide + offset, wide, from + own * pixels * narrow, narrow, narrow, pixels);
      });
      offset += narrow;
      for (auto length : part.sizes()) sizes.push_back(length);
      for (auto pixels : {around.left, around.top, static_cast<int64_t>(part.requires_grad())}) sizes.push_back(pixels);
    }
    context->saved_data["sizes"] = sizes;
    return joined;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    refuse_second_gradient("paddedCat", "pad and cat");
    const auto sizes = context->saved_data["sizes"].toIntVector();
    const auto gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const int64_t height = gradient.size(2), width = gradient.size(3);
    const int64_t size = gradient.element_size(), wide = gradient.size(1) * size;
    const char* from = static_cast<const char*>(gradient.data_ptr());
    variable_list found;
    int64_t offset = 0;
    for (size_t at = 0; at < sizes.size(); at += 7) {
      const at::IntArrayRef part(sizes.data() + at, 4);
      const Around around{sizes[at + 4], 0, sizes[at + 5], 0};
      const int64_t narrow = part[1] * size, start = offset;
      offset += narrow;
      if (sizes[at + 6] == 0) {
        found.emplace_back();
        continue;
      }
      auto own = pixel_major_like(gradient, part);
      char* to = static_cast<char*>(own.data_ptr());
      for_rows(part, around, height, [&](int64_t row, int64_t first, int64_t pixels, int64_t own_row) {
        copy_pixels(to + own_row * pixels * narrow, narrow, from + (row * width + first) * wide + start, wide, narrow, pixels);
      });
      found.push_back(own);
    }
    found.emplace_back(); // of the padding
    return found;
  }
};

/// A part of a pixel-major tensor becomes dense again.
at::Tensor dense(const at::Tensor& tensor) {
  const bool sliced = tensor.dim() == 4 && tensor.is_cpu() && tensor.layout() == at::kStrided &&
      tensor.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
  return sliced ? tensor.contiguous(at::MemoryFormat::ChannelsLast) : tensor;
}

/// paddedCat(parts, [left, right, top, bottom, …])
napi_value padded_cat(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  auto parts = tensors_of(env, args[0]);
  const auto lengths = to_ints(env, args[1]);
  if (parts.empty() || lengths.size() != 4 * parts.size())
    fail("BAD_ARGUMENT", "paddedCat expects at least one tensor, and four lengths for each");
  Padding padding;
  for (size_t at = 0; at < lengths.size(); at += 4)
    padding.parts.push_back({lengths[at], lengths[at + 1], lengths[at + 2], lengths[at + 3]});
  bool low = false, ours = true;
  for (const auto& part : parts) low = low || in_bfloat16(part);
  for (size_t i = 0; i < parts.size(); i++) {
    const auto& around = padding.parts[i];
    if (low && parts[i].scalar_type() == at::kFloat) parts[i] = parts[i].to(at::kBFloat16);
    parts[i] = dense(parts[i]);
    const auto& part = parts[i];
    ours = ours && is_pixel_major(part) && part.scalar_type() == parts[0].scalar_type() &&
        part.size(0) == parts[0].size(0) && std::min({around.left, around.right, around.top, around.bottom}) >= 0 &&
        part.size(2) + around.top + around.bottom == parts[0].size(2) + padding.parts[0].top + padding.parts[0].bottom &&
        part.size(3) + around.left + around.right == parts[0].size(3) + padding.parts[0].left + padding.parts[0].right;
  }
  if (ours) return from_tensor(env, PaddedCat::apply(at::TensorList(parts), padding));
  for (size_t i = 0; i < parts.size(); i++) {
    const auto& [left, right, top, bottom] = padding.parts[i];
    if (left != 0 || right != 0 || top != 0 || bottom != 0)
      parts[i] = at::constant_pad_nd(parts[i], {left, right, top, bottom}, 0);
  }
  return from_tensor(env, at::cat(parts, 1));
}

constexpr int64_t pixels_per_sum = 64; // partial sums of so many keep rounding small

template <typename T>
NASCENT_INLINE void sum_pixels(const T* __restrict x, int64_t pixels, int64_t channels, float* __restrict part,
                               float* __restrict sum) {
  for (int64_t c = 0; c < channels; c++) sum[c] = 0;
  for (int64_t first = 0; first < pixels; first += pixels_per_sum) {
    const int64_t last = std::min(pixels, first + pixels_per_sum);
    for (int64_t c = 0; c < channels; c++) part[c] = 0;
    for (int64_t pixel = first; pixel < last; pixel++)
      for (int64_t c = 0; c < channels; c++) part[c] += load(x + pixel * channels + c);
    for (int64_t c = 0; c < channels; c++) sum[c] += part[c];
  }
}

template <typename T>
NASCENT_INLINE void spread_pixels(const float* __restrict value, T* __restrict to, int64_t pixels, int64_t channels) {
  for (int64_t pixel = 0; pixel < pixels; pixel++)
    for (int64_t c = 0; c < channels; c++) save(to + pixel * channels + c, value[c]);
}

#define NASCENT_KERNELS(T)                                                                                             \
  NASCENT_CLONES void run_sum(const T* x, int64_t pixels, int64_t channels, float* part, float* sum) {                 \
    sum_pixels(x, pixels, channels, part, sum);                                                                        \
  }                                                                                                                    \
  NASCENT_CLONES void run_spread(const float* value, T* to, int64_t pixels, int64_t channels) {                        \
    spread_pixels(value, to, pixels, channels);                                                                        \
  }
NASCENT_KERNELS(float)
NASCENT_KERNELS(Half)
#undef NASCENT_KERNELS

template <typename T>
at::Tensor means_of(const at::Tensor& input, double area) {
  const int64_t channels = input.size(1), pixels = input.size(2) * input.size(3);
  auto means = at::empty({input.size(0), channels}, input.options().dtype(at::kFloat));
  const T* x = elements<T>(input);
  float* to = means.data_ptr<float>();
  for_each(input.size(0), [&](int64_t image) {
    std::vector<float> part(channels);
    float* sum = to + image * channels;
    run_sum(x + image * pixels * channels, pixels, channels, part.data(), sum);
    for (int64_t c = 0; c < channels; c++) sum[c] /= area;
  });
  return means;
}

template <typename T>
at::Tensor spread_back(const at::Tensor& gradient, at::IntArrayRef sizes, at::ScalarType type, double area) {
  const int64_t channels = sizes[1], pixels = sizes[2] * sizes[3];
  auto found = at::empty(sizes, gradient.options().dtype(type), at::MemoryFormat::ChannelsLast);
  T* to = elements_to_write<T>(found);
  const float* from = gradient.data_ptr<float>();
  for_each(sizes[0], [&](int64_t image) {
    std::vector<float> value(from + image * channels, from + (image + 1) * channels);
    for (auto& each : value) each /= area;
    run_spread(value.data(), to + image * pixels * channels, pixels, channels);
  });
  return found;
}

class ChannelMeans : public torch::autograd::Function<ChannelMeans> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, double area) {
    context->saved_data["sizes"] = input.sizes().vec();
    context->saved_data["low"] = in_bfloat16(input);
    context->saved_data["area"] = area;
    return in_bfloat16(input) ? means_of<Half>(input, area) : means_of<float>(input, area);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    refuse_second_gradient("channelMeans", "sum");
    const auto sizes = context->saved_data["sizes"].toIntVector();
    const double area = context->saved_data["area"].toDouble();
    const auto gradient = gradients[0].to(at::kFloat).contiguous();
    return {context->saved_data["low"].toBool() ? spread_back<Half>(gradient, sizes, at::kBFloat16, area)
                                                : spread_back<float>(gradient, sizes, at::kFloat, area),
            at::Tensor()};
  }
};

/// channelMeans(input, area)
napi_value channel_means(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  at::Tensor input = dense(tensor_of(env, args[0]));
  const double area = to_number(env, args[1]);
  if (is_pixel_major(input)) return from_tensor(env, ChannelMeans::apply(input, area));
  if (input.dim() != 4) fail("BAD_ARGUMENT", "channelMeans expects [batch, channels, height, width], found " + describe(input));
  return from_tensor(env, input.sum({2, 3}).div(area));
}

} // namespace

void export_joined(napi_env env, napi_value exports) {
  NASCENT_EXPORT("paddedCat", padded_cat);
  NASCENT_EXPORT("channelMeans", channel_means);
}

} // namespace nascent
