// exp, tanh, sigmoid, sine and cosine of float without branches or calls, so that loops over them vectorise.
//
// Polynomials of S. L. Moshier's Cephes library; relative error at most 3e-7, NaN stays NaN, and the limits are exact.
// sine and cosine hold for |x| ≤ largest_angle only: their callers ask the C library beyond it.
#pragma once

#include "loops.h"

#include <cmath>

namespace nascent {

NASCENT_INLINE uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
NASCENT_INLINE float from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Adding it leaves the nearest integer n in the lowest bits: no conversion that NaN could upset.
constexpr float rounder = 12582912.0f; // 1.5 · 2^23

/// e^x for x ≤ 88; 0 below the least normal number.
NASCENT_INLINE float exp_of(float x) {
  const float lowest = -87.336544f;
  const float within = x < lowest ? lowest : x;
  const float shifted = within * 1.44269504088896341f + rounder;
  const float n = shifted - rounder;
  const float r = (within - n * 0.693359375f) + n * 2.12194440e-4f; // ln 2 in two parts, the first exact times n
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float y = (p * r * r + r + 1.0f) * from_bits((bits_of(shifted) << 23) + (127u << 23));
  return x < lowest ? 0.0f : y;
}

NASCENT_INLINE float tanh_of(float x) {
  const float size = std::fabs(x);
  const float far = 1.0f - 2.0f / (exp_of(size > 44.0f ? 88.0f : 2.0f * size) + 1.0f);
  const float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float near = p * z * x + x;
  return size < 0.625f ? near : std::copysign(far, x);
}

/// 1 ÷ (1 + e^−x)
NASCENT_INLINE float sigmoid_of(float x) {
  const float e = exp_of(-std::fabs(x)); // never overflows; small results keep their digits
  const float upper = 1.0f / (1.0f + e);
  return x < 0 ? e * upper : upper;
}

constexpr float largest_angle = 8192;

/// The sine of x + turns · π/2.
NASCENT_INLINE float turned_sine(float x, uint32_t turns) {
  const float shifted = x * 0.636619772367581343f + rounder;
  const float n = shifted - rounder;
  // π/2 in three parts, the first two exact times n (Cody and Waite).
  const float r = ((x - n * 1.5703125f) - n * 4.837512969970703125e-4f) - n * 7.54978995489188216e-8f;
  const float z = r * r;
  const float sine = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  const float cosine =
      ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1.0f;
  const uint32_t quadrant = bits_of(shifted) + turns;
  const float size = (quadrant & 1) != 0 ? cosine : sine;
  return from_bits(bits_of(size) ^ ((quadrant & 2) << 30));
}

} // namespace nascent
