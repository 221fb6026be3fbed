// One row of a panel is one vector of 16 floats; the sums of all rows stay in registers over the whole depth.
#include "panels.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define NASCENT_X86 1
#endif

namespace nascent {

namespace {

typedef float Lanes __attribute__((vector_size(64), may_alias));
typedef uint32_t Bits __attribute__((vector_size(64), may_alias));

constexpr int most_rows = 24; // whose sums the 32 registers of AVX-512 hold

/// Where a part of the rows begins, and how far the same rows of the next tile are.
template <typename T>
struct Part {
  const T* a;
  int64_t tile_step;
  int64_t depth;
  const T* panel;
  float* to;
  bool adding;
};

template <int rows>
NASCENT_INLINE void load_sums(Lanes* sums, const float* from, bool adding) {
#pragma GCC unroll 24
  for (int r = 0; r < rows; r++) sums[r] = adding ? reinterpret_cast<const Lanes*>(from)[r] : Lanes{};
}
template <int rows>
NASCENT_INLINE void store_sums(const Lanes* sums, float* to) {
#pragma GCC unroll 24
  for (int r = 0; r < rows; r++) reinterpret_cast<Lanes*>(to)[r] = sums[r];
}

template <int rows>
NASCENT_INLINE void multiply_part(const Part<float>& part) {
  Lanes sums[rows];
  load_sums<rows>(sums, part.to, part.adding);
  const float *a = part.a, *panel = part.panel;
  for (int64_t first = 0; first < part.depth; first += lanes, a += part.tile_step) {
    const int64_t here = std::min(lanes, part.depth - first);
    for (int64_t k = 0; k < here; k++, panel += lanes) {
      const Lanes b = *reinterpret_cast<const Lanes*>(panel);
#pragma GCC unroll 24
      for (int r = 0; r < rows; r++) sums[r] += a[r * lanes + k] * b;
    }
  }
  store_sums<rows>(sums, part.to);
}

/// Pairs of bfloat16 are 32 bits; each half is a float's upper bits. The last of an odd depth meets a zero.
template <int rows>
NASCENT_INLINE void multiply_part(const Part<Half>& part) {
  Lanes sums[rows];
  load_sums<rows>(sums, part.to, part.adding);
  const Half *a = part.a, *panel = part.panel;
  for (int64_t first = 0; first < part.depth; first += lanes, a += part.tile_step) {
    const int64_t here = std::min(lanes, part.depth - first);
    for (int64_t k = 0; k < here; k += 2, panel += 2 * lanes) {
      const Bits pairs = *reinterpret_cast<const Bits*>(panel);
      const Lanes even = reinterpret_cast<Lanes>(pairs << 16), odd = reinterpret_cast<Lanes>(pairs & 0xffff0000u);
#pragma GCC unroll 24
      for (int r = 0; r < rows; r++) sums[r] += load(a + r * lanes + k) * even + load(a + r * lanes + k + 1) * odd;
    }
  }
  store_sums<rows>(sums, part.to);
}

template <typename T>
using Product = void (*)(int64_t rows, const Part<T>& part);

template <typename T>
Part<T> from_row(const Part<T>& part, int64_t row) {
  auto rest = part;
  rest.a += row * lanes;
  rest.to += row * lanes;
  return rest;
}

/// Where there are 16 registers or narrower vectors, four rows at once.
template <typename T>
NASCENT_INLINE void by_fours(int64_t rows, const Part<T>& part) {
  switch (rows) {
    case 1: return multiply_part<1>(part);
    case 2: return multiply_part<2>(part);
    case 3: return multiply_part<3>(part);
  }
  for (int64_t row = 0; row < rows; row += 4) multiply_part<4>(from_row(part, row));
}
template <typename T>
void multiply_anywhere(int64_t rows, const Part<T>& part) { by_fours(rows, part); }

#ifdef NASCENT_X86
template <typename T>
__attribute__((target("avx2,fma"))) void multiply_avx2(int64_t rows, const Part<T>& part) { by_fours(rows, part); }

/// Equal parts of at most `most_rows`.
#define NASCENT_ALL_ROWS(multiply)                                                                                     \
  switch (rows) {                                                                                                      \
    case 1: return multiply<1>(part);                                                                                  \
    case 2: return multiply<2>(part);                                                                                  \
    case 3: return multiply<3>(part);                                                                                  \
  }                                                                                                                    \
  const int64_t parts = (rows + most_rows - 1) / most_rows, share = (rows / 4 + parts - 1) / parts * 4;                \
  for (int64_t row = 0; row < rows; row += share) {                                                                    \
    const auto own = from_row(part, row);                                                                              \
    switch (std::min(share, rows - row)) {                                                                             \
      case 4: multiply<4>(own); break;                                                                                 \
      case 8: multiply<8>(own); break;                                                                                 \
      case 12: multiply<12>(own); break;                                                                               \
      case 16: multiply<16>(own); break;                                                                               \
      case 20: multiply<20>(own); break;                                                                               \
      case 24: multiply<24>(own); break;                                                                               \
    }                                                                                                                  \
  }
template <typename T>
__attribute__((target("avx512f"))) void multiply_avx512(int64_t rows, const Part<T>& part) {
  NASCENT_ALL_ROWS(multiply_part)
}

/// The instruction that multiplies pairs of bfloat16 and adds both products.
template <int rows>
__attribute__((target("avx512f,avx512bf16"))) inline void multiply_pairs(const Part<Half>& part) {
  __m512 sums[rows];
  load_sums<rows>(reinterpret_cast<Lanes*>(sums), part.to, part.adding);
  const Half *a = part.a, *panel = part.panel;
  for (int64_t first = 0; first < part.depth; first += lanes, a += part.tile_step) {
    const int64_t here = std::min(lanes, part.depth - first);
    for (int64_t k = 0; k < here; k += 2, panel += 2 * lanes) {
      const __m512i b = _mm512_load_si512(panel);
#pragma GCC unroll 24
      for (int r = 0; r < rows; r++) {
        int32_t pair;
        std::memcpy(&pair, a + r * lanes + k, sizeof pair);
        sums[r] = _mm512_dpbf16_ps(sums[r], (__m512bh)_mm512_set1_epi32(pair), (__m512bh)b);
      }
    }
  }
  store_sums<rows>(reinterpret_cast<Lanes*>(sums), part.to);
}
__attribute__((target("avx512f,avx512bf16"))) void multiply_avx512bf16(int64_t rows, const Part<Half>& part) {
  NASCENT_ALL_ROWS(multiply_pairs)
}
#undef NASCENT_ALL_ROWS
#endif

template <typename T>
Product<T> fastest() {
#ifdef NASCENT_X86
  if (__builtin_cpu_supports("avx512f")) return multiply_avx512<T>;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return multiply_avx2<T>;
#endif
  return multiply_anywhere<T>;
}
const Product<float> product_of_floats = fastest<float>();
#ifdef NASCENT_X86
const Product<Half> product_of_halves =
    __builtin_cpu_supports("avx512bf16") ? multiply_avx512bf16 : fastest<Half>();
#else
const Product<Half> product_of_halves = fastest<Half>();
#endif

using Block = float[lanes][lanes];

NASCENT_INLINE void put(const Block& block, int64_t rows, float* panel) {
  for (int64_t k = 0; k < rows; k++)
    for (int64_t j = 0; j < lanes; j++) panel[k * lanes + j] = block[k][j];
}
NASCENT_INLINE void put(const Block& block, int64_t rows, Half* panel) {
  for (int64_t k = 0; k < rows; k += 2)
    for (int64_t j = 0; j < lanes; j++) {
      const uint32_t pair = rounded_bits(block[k][j]) | rounded_bits(block[k + 1][j]) << 16;
      std::memcpy(panel + k * lanes + 2 * j, &pair, sizeof pair);
    }
}

/// In blocks of 16 rows, so that a transposed matrix is read along its rows too.
template <typename T>
NASCENT_INLINE void pack(const float* from, int64_t row_step, int64_t column_step, int64_t depth, int64_t columns,
                         T* panel) {
  Block block = {};
  for (int64_t first = 0; first < depth; first += lanes, from += lanes * row_step, panel += lanes * lanes) {
    const int64_t rows = std::min(lanes, depth - first);
    if (rows < lanes) std::fill_n(block[0], lanes * lanes, 0.0f);
    if (row_step == 1) {
      for (int64_t j = 0; j < columns; j++)
        for (int64_t k = 0; k < rows; k++) block[k][j] = from[k + j * column_step];
    } else {
      for (int64_t k = 0; k < rows; k++)
        for (int64_t j = 0; j < columns; j++) block[k][j] = from[k * row_step + j * column_step];
    }
    put(block, rows, panel);
  }
}

#define NASCENT_KERNELS(T)                                                                                             \
  NASCENT_CLONES void run_pack(const float* from, int64_t row_step, int64_t column_step, int64_t depth,                \
                               int64_t columns, T* panel) {                                                            \
    pack(from, row_step, column_step, depth, columns, panel);                                                          \
  }
NASCENT_KERNELS(float)
NASCENT_KERNELS(Half)
#undef NASCENT_KERNELS

} // namespace

void pack_panel(const float* from, int64_t row_step, int64_t column_step, int64_t depth, int64_t columns, float* panel) {
  run_pack(from, row_step, column_step, depth, columns, panel);
}
void pack_panel(const float* from, int64_t row_step, int64_t column_step, int64_t depth, int64_t columns, Half* panel) {
  run_pack(from, row_step, column_step, depth, columns, panel);
}

void multiply_panel(const float* a, int64_t rows, int64_t depth, const float* panel, float* to, bool adding) {
  product_of_floats(rows, {a, rows * lanes, depth, panel, to, adding});
}
void multiply_panel(const Half* a, int64_t rows, int64_t depth, const Half* panel, float* to, bool adding) {
  product_of_halves(rows, {a, rows * lanes, depth, panel, to, adding});
}

} // namespace nascent
