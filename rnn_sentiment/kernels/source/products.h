// Matrix products of a few rows with many columns: what a step of a recurrent layer consists of.
#pragma once

#include <algorithm>

#include "vectors.h"

namespace {

// A product reads its numbers in units of 32 bits: one float32, or two neighbouring bfloat16.
struct Singles {
  using Number = float;
  using Unit = float;
  using Units = Vector;
  static constexpr int DEPTH = 1;
  static Units read(const Unit* from) { return load(from); }
  static Vector add_product(Vector sum, Units column, Unit row) { return sum + column * row; }
  // Two rows' numbers as units of a product over rows.
  template <class Put>
  static void join(Vector first, Vector second, const Put& put) {
    put(0, first);
    put(1, second);
  }
};

#if defined(__AVX512BF16__)
struct Pairs {
  using Number = bfloat16;
  using Unit = uint32_t;
  using Units = Words;
  static constexpr int DEPTH = 2;
  static Units read(const Unit* from) { return (Units)load(reinterpret_cast<const float*>(from)); }
  static Vector add_product(Vector sum, Units column, Unit row) {
    const auto rows = (__m512bh)_mm512_set1_epi32(static_cast<int>(row));
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)column, rows);
  }
  template <class Put>
  static void join(Vector first, Vector second, const Put& put) {
    put(0, __builtin_convertvector(narrow(first), Words) |
               __builtin_convertvector(narrow(second), Words) << 16);
  }
};
using Rounded = Pairs;
#else
using Rounded = Singles;  // float32 products of what is kept as bfloat16 round less, not more
#endif

// Rows that are multiplied at once: their sums and three vectors of columns fill the registers.
#if defined(__AVX__) && !defined(__AVX512F__)
constexpr int TILE_ROWS = 4;
#else
constexpr int TILE_ROWS = 8;
#endif
constexpr int GROUP = 8;  // rows whose units lie side by side when a product runs across them

// Vector c of the columns starts at columns + c * column_stride and has LANES units for every unit
// of depth; row r starts at rows + r * row_stride, one unit after the other, or, ACROSS, at
// rows + r, every GROUP units.
template <class P>
struct Operands {
  const typename P::Unit* rows;
  int64_t row_stride;
  const typename P::Unit* columns;
  int64_t column_stride;
  int64_t depth;
  const float* start;  // what the products are added to
  int64_t start_stride;
  float* out;
  int64_t out_stride;
};

template <class P, bool ACROSS, int ROWS, int COLUMNS>
inline void multiply_tile(const Operands<P>& on) {
  Vector sums[ROWS][COLUMNS];
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 3
    for (int c = 0; c < COLUMNS; ++c) sums[r][c] = load(on.start + r * on.start_stride + c * LANES);
  for (int64_t k = 0; k < on.depth; ++k) {
    typename P::Units columns[COLUMNS];
#pragma GCC unroll 3
    for (int c = 0; c < COLUMNS; ++c)
      columns[c] = P::read(on.columns + c * on.column_stride + k * LANES);
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r) {
      const auto row = ACROSS ? on.rows[k * GROUP + r] : on.rows[r * on.row_stride + k];
#pragma GCC unroll 3
      for (int c = 0; c < COLUMNS; ++c) sums[r][c] = P::add_product(sums[r][c], columns[c], row);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 3
    for (int c = 0; c < COLUMNS; ++c) store(on.out + r * on.out_stride + c * LANES, sums[r][c]);
}

template <class P, bool ACROSS, int ROWS>
void multiply_rows(Operands<P> on, int64_t vectors) {
  while (vectors > 0) {
    const int taken = vectors == 4 ? 2 : std::min<int64_t>(vectors, 3);
    if (taken == 3)
      multiply_tile<P, ACROSS, ROWS, 3>(on);
    else if (taken == 2)
      multiply_tile<P, ACROSS, ROWS, 2>(on);
    else
      multiply_tile<P, ACROSS, ROWS, 1>(on);
    vectors -= taken;
    on.columns += taken * on.column_stride;
    on.start += taken * LANES;
    on.out += taken * LANES;
  }
}

// out = start + rows @ columns, for `count` rows and `vectors` * LANES columns. The order in which
// a number's products are added is the same for every count.
template <class P, bool ACROSS = false>
void multiply(Operands<P> on, int64_t count, int64_t vectors) {
  while (count > 0) {
    const int taken = std::min<int64_t>(count, TILE_ROWS);
    switch (taken) {
      case 1: multiply_rows<P, ACROSS, 1>(on, vectors); break;
      case 2: multiply_rows<P, ACROSS, 2>(on, vectors); break;
      case 3: multiply_rows<P, ACROSS, 3>(on, vectors); break;
      case 4: multiply_rows<P, ACROSS, 4>(on, vectors); break;
#if !defined(__AVX__) || defined(__AVX512F__)
      case 5: multiply_rows<P, ACROSS, 5>(on, vectors); break;
      case 6: multiply_rows<P, ACROSS, 6>(on, vectors); break;
      case 7: multiply_rows<P, ACROSS, 7>(on, vectors); break;
      case 8: multiply_rows<P, ACROSS, 8>(on, vectors); break;
#endif
    }
    count -= taken;
    on.rows += taken * (ACROSS ? 1 : on.row_stride);
    on.start += taken * on.start_stride;
    on.out += taken * on.out_stride;
  }
}

}  // namespace
