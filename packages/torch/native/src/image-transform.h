// From an image's bytes to what a network reads: enlarged, cropped, mirrored, whitened.
#pragma once

#include <cstdint>
#include <vector>

namespace nascent {

/// Of pixels scaled to 0–1. Empty vectors: of each image by itself, (x − μ) / max(σ, 1/√n) over its n values.
struct Whitening {
  std::vector<double> mean, deviation; // one value a channel
};

/// Where the crop lies in the enlarged image, and whether it is mirrored left to right.
struct Placement {
  int64_t top, left;
  bool mirrored;
};

struct ImageShape {
  int64_t channels, height, width;
  int64_t area() const { return height * width; }
};

/// Works on one image at a time, in memory of its own: one for each thread. Does not allocate after construction.
class ImageTransform {
 public:
  ImageTransform(ImageShape shape, int64_t enlarged_height, int64_t enlarged_width, Whitening whitening,
                 bool channels_last);

  /// The whole image at its own size. out: shape.channels · area values.
  void plain(const uint8_t* image, float* out);
  /// The crop (of the image's own size) of the enlarged image: bilinear, half-pixel centres, corners not aligned.
  void placed(const uint8_t* image, const Placement& placement, float* out);

 private:
  /// For each position of the enlarged axis: the two pixels that it lies between, and the share of the upper one.
  struct Axis {
    Axis(int64_t size, int64_t enlarged);
    std::vector<int32_t> lower, upper;
    std::vector<float> weight;
  };
  void write(float* out);

  const ImageShape shape_;
  const bool per_image_, channels_last_;
  const Axis rows_, columns_;
  std::vector<float> scale_, shift_;   // out = pixel · scale + shift, by channel
  std::vector<float> planes_;          // the pixels (0–255) that are whitened, plane by plane
  std::vector<float> stretched_;       // one plane's rows at the crop's columns
  std::vector<int32_t> lower_, upper_; // the crop's columns
  std::vector<float> weight_;
};

} // namespace nascent
