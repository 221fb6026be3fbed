// Products of a few rows with weights that are packed once and used at every step of a sequence.
//
// A BLAS packs its operands anew at each call, which for 20 rows takes as long as the product.
#pragma once

#include "loops.h"

namespace nascent {

/// Columns of one panel, and units of one tile.
constexpr int64_t lanes = 16;

/// Rows that the product works on at once are padded to this.
inline int64_t padded_rows(int64_t rows) { return rows < 4 ? rows : (rows + 3) / 4 * 4; }

/// Elements of a panel of `depth` rows; two rows of bfloat16 lie together.
template <typename T>
int64_t panel_size(int64_t depth) {
  return (sizeof(T) == 2 ? (depth + 1) / 2 * 2 : depth) * lanes;
}

/// A panel from float weights: element (k, j) is from[k · row_step + j · column_step], zero for j ≥ columns.
void pack_panel(const float* from, int64_t row_step, int64_t column_step, int64_t depth, int64_t columns, float* panel);
void pack_panel(const float* from, int64_t row_step, int64_t column_step, int64_t depth, int64_t columns, Half* panel);

/// to [rows][lanes] = (adding ? to : 0) + a · panel, sums in float in the order of depth.
///
/// `a` lies in tiles of `lanes` columns each, [⌈depth ÷ lanes⌉][rows][lanes], `rows` padded. All 64 bytes aligned.
void multiply_panel(const float* a, int64_t rows, int64_t depth, const float* panel, float* to, bool adding);
void multiply_panel(const Half* a, int64_t rows, int64_t depth, const Half* panel, float* to, bool adding);

} // namespace nascent
