#include "image-transform.h"

#include <algorithm>
#include <cmath>

namespace nascent {

namespace {

/// Sum and sum of squares. Lanes, so that the compiler may use vectors without changing the order of additions;
/// doubles, in which the squares of floats are exact.
struct Moments {
  double sum, squares;
};
Moments moments(const float* values, int64_t count) {
  constexpr int64_t lanes = 8;
  double sum[lanes] = {}, squares[lanes] = {};
  int64_t at = 0;
  for (; at + lanes <= count; at += lanes)
    for (int64_t lane = 0; lane < lanes; lane++) {
      double value = values[at + lane];
      sum[lane] += value;
      squares[lane] += value * value;
    }
  for (; at < count; at++) {
    double value = values[at];
    sum[0] += value;
    squares[0] += value * value;
  }
  Moments all = {0, 0};
  for (int64_t lane = 0; lane < lanes; lane++) {
    all.sum += sum[lane];
    all.squares += squares[lane];
  }
  return all;
}

} // namespace

ImageTransform::Axis::Axis(int64_t size, int64_t enlarged) : lower(enlarged), upper(enlarged), weight(enlarged) {
  const double step = static_cast<double>(size) / static_cast<double>(enlarged);
  for (int64_t at = 0; at < enlarged; at++) {
    double position = std::max(0.0, (at + 0.5) * step - 0.5);
    int64_t below = std::min(static_cast<int64_t>(position), size - 1);
    lower[at] = static_cast<int32_t>(below);
    upper[at] = static_cast<int32_t>(std::min(below + 1, size - 1));
    weight[at] = static_cast<float>(position - static_cast<double>(below));
  }
}

ImageTransform::ImageTransform(ImageShape shape, int64_t enlarged_height, int64_t enlarged_width,
                               Whitening whitening, bool channels_last)
    : shape_(shape),
      per_image_(whitening.mean.empty()),
      channels_last_(channels_last),
      rows_(shape.height, enlarged_height),
      columns_(shape.width, enlarged_width),
      scale_(shape.channels),
      shift_(shape.channels),
      planes_(shape.channels * shape.area()),
      stretched_(shape.area()),
      lower_(shape.width),
      upper_(shape.width),
      weight_(shape.width) {
  if (per_image_) return;
  for (int64_t c = 0; c < shape.channels; c++) {
    scale_[c] = static_cast<float>(1 / (255 * whitening.deviation[c]));
    shift_[c] = static_cast<float>(-whitening.mean[c] / whitening.deviation[c]);
  }
}

void ImageTransform::plain(const uint8_t* image, float* out) {
  std::copy(image, image + planes_.size(), planes_.begin());
  write(out);
}

void ImageTransform::placed(const uint8_t* image, const Placement& placement, float* out) {
  const int64_t height = shape_.height, width = shape_.width;
  for (int64_t x = 0; x < width; x++) {
    int64_t at = placement.left + (placement.mirrored ? width - 1 - x : x);
    lower_[x] = columns_.lower[at];
    upper_[x] = columns_.upper[at];
    weight_[x] = columns_.weight[at];
  }
  const int64_t first = rows_.lower[placement.top], last = rows_.upper[placement.top + height - 1];
  for (int64_t c = 0; c < shape_.channels; c++) {
    for (int64_t y = first; y <= last; y++) {
      const uint8_t* row = image + (c * height + y) * width;
      float* to = stretched_.data() + (y - first) * width;
      for (int64_t x = 0; x < width; x++) {
        float left = row[lower_[x]], right = row[upper_[x]];
        to[x] = left + (right - left) * weight_[x];
      }
    }
    for (int64_t y = 0; y < height; y++) {
      const int64_t at = placement.top + y;
      const float* above = stretched_.data() + (rows_.lower[at] - first) * width;
      const float* below = stretched_.data() + (rows_.upper[at] - first) * width;
      const float weight = rows_.weight[at];
      float* to = planes_.data() + (c * height + y) * width;
      for (int64_t x = 0; x < width; x++) to[x] = above[x] + (below[x] - above[x]) * weight;
    }
  }
  write(out);
}

void ImageTransform::write(float* out) {
  const int64_t channels = shape_.channels, area = shape_.area();
  if (per_image_) {
    const double count = static_cast<double>(channels * area);
    const Moments all = moments(planes_.data(), channels * area);
    const double mean = all.sum / count;
    const double deviation = std::sqrt(std::max(0.0, all.squares / count - mean * mean));
    const double scale = 1 / std::max(deviation, 255 / std::sqrt(count));
    std::fill(scale_.begin(), scale_.end(), static_cast<float>(scale));
    std::fill(shift_.begin(), shift_.end(), static_cast<float>(-mean * scale));
  }
  if (channels_last_ && channels == 3) {
    const float *red = planes_.data(), *green = red + area, *blue = green + area;
    for (int64_t p = 0; p < area; p++) {
      out[3 * p] = red[p] * scale_[0] + shift_[0];
      out[3 * p + 1] = green[p] * scale_[1] + shift_[1];
      out[3 * p + 2] = blue[p] * scale_[2] + shift_[2];
    }
    return;
  }
  for (int64_t c = 0; c < channels; c++) {
    const float* plane = planes_.data() + c * area;
    const float scale = scale_[c], shift = shift_[c];
    const int64_t step = channels_last_ ? channels : 1;
    float* to = out + (channels_last_ ? c : c * area);
    for (int64_t p = 0; p < area; p++) to[p * step] = plane[p] * scale + shift;
  }
}

} // namespace nascent
