// Passes over all numbers of a batch that torch takes in many: dropout, and pooling over steps.
#pragma once

#include <limits>

#include "layout.h"

extern "C" {

// Field by field as in dropout.py.
struct Drop {
  int64_t half;      // values are bfloat16, else float32
  int64_t threads;
  int64_t size, width;             // numbers in all, and in a row
  int64_t seed;
  int64_t dropped, dropped_rows;   // of 2^16 numbers, or rows, on average
  const void* values;
  void* out;
};

// Field by field as in pooling.py.
struct Pool {
  int64_t half;  // all but lengths and positions are bfloat16, else float32
  int64_t threads;
  int64_t batch, steps, size;
  int64_t backward_size;     // the last features, whose last state is at a row's first step
  int64_t last, largest, mean;  // columns of `pooled` at which each begins; -1 without it
  int64_t columns;
  const void* states;        // (B, T, D)
  const int64_t* lengths;    // (B,)
  void* pooled;              // (B, columns), or its gradient
  int32_t* positions;        // (B, D), of the largest
  void* grad_states;         // (B, T, D)
};
}

namespace {

constexpr int64_t LEVELS = 1 << 16;
constexpr int64_t TASK = 1 << 14;  // numbers that one thread takes at once

inline float scale_of(int64_t dropped) { return float(LEVELS) / (LEVELS - dropped); }

// A well mixed number from a poorly mixed one (Steele et al., 2014: SplitMix).
inline uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// The same with 32 bits for each lane; the row's second key enters halfway, so that no two rows
// have stretches in common.
inline Words mix(Words x, uint32_t key) {
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = ((x ^ key) ^ (x >> 15)) * 0x846ca68b;
  return x ^ (x >> 16);
}

// Random numbers for a row, LANES at a time.
class Lanes {
 public:
  Lanes(int64_t seed, int64_t row) {
    const uint64_t keys = mix(seed + row * 0x9e3779b97f4a7c15);
    key = keys >> 32;
    one = mix(keys) >> 48;
    for (int i = 0; i < LANES; ++i) lanes[i] = static_cast<uint32_t>(keys) + i * STEP;
  }
  // 16 bits for the row itself.
  int64_t row() const { return one; }
  // 32 bits for each of the next numbers.
  Words next() {
    const Words numbers = mix(lanes, key);
    lanes += LANES * STEP;
    return numbers;
  }

 private:
  static constexpr uint32_t STEP = 0x9e3779b9;
  Words lanes;
  uint32_t key;
  int64_t one;
};

template <class Number>
void drop_row(const Drop& call, int64_t row) {
  const int64_t start = row * call.width, count = std::min(call.width, call.size - start);
  const Number* from = static_cast<const Number*>(call.values) + start;
  Number* to = static_cast<Number*>(call.out) + start;
  Lanes lanes(call.seed, row);
  if (lanes.row() < call.dropped_rows) {
    std::memset(static_cast<void*>(to), 0, count * sizeof(Number));
    return;
  }
  const float scale = scale_of(call.dropped) * scale_of(call.dropped_rows);
  const uint32_t least = static_cast<uint32_t>(call.dropped) << 16;
  for (int64_t j = 0; j < count; j += LANES) {
    const Words kept = (Words)(lanes.next() >= least);
    const Vector scaled = load(from + j, count - j) * scale;
    store(to + j, (Vector)((Words)scaled & kept), count - j);
  }
}

template <class Number>
void run_drop(const Drop& call) {
  const int64_t rows = (call.size + call.width - 1) / call.width;
  const int64_t taken = std::max<int64_t>(1, TASK / call.width);
  share_out(call.threads, (rows + taken - 1) / taken, [&](int64_t, int64_t task) {
    for (int64_t row = task * taken; row < std::min(rows, (task + 1) * taken); ++row)
      drop_row<Number>(call, row);
  });
}

// Columns of `pooled` where one part of features `j` on begins; null without that part.
template <class Number>
Number* part(const Pool& call, int64_t row, int64_t first) {
  return first < 0 ? nullptr : static_cast<Number*>(call.pooled) + row * call.columns + first;
}

// A row's step that holds the last state of features `j` on; `count` of them share it.
struct Ends {
  int64_t start, count, step;
};

inline void ends(const Pool& call, int64_t length, Ends (&found)[2]) {
  const int64_t forward = call.size - call.backward_size;
  found[0] = {0, forward, std::max<int64_t>(0, length - 1)};
  found[1] = {forward, call.backward_size, 0};
}

template <class Number>
void pool_row(const Pool& call, int64_t row) {
  const int64_t length = call.lengths[row];
  const Number* states = static_cast<const Number*>(call.states) + row * call.steps * call.size;
  if (Number* last = part<Number>(call, row, call.last)) {
    Ends found[2];
    ends(call, length, found);
    for (const auto& end : found)
      std::memcpy(static_cast<void*>(last + end.start),
                  states + end.step * call.size + end.start, end.count * sizeof(Number));
  }
  Number* largest = part<Number>(call, row, call.largest);
  Number* mean = part<Number>(call, row, call.mean);
  if (!largest && !mean) return;
  for (int64_t j = 0; j < call.size; j += LANES) {
    const int64_t count = call.size - j;
    Vector sum{}, most = all(-std::numeric_limits<float>::infinity());
    Integers position{};
    for (int32_t step = 0; step < length; ++step) {
      const Vector state = load(states + step * call.size + j, count);
      const Integers larger = state > most;
      sum += state;
      most = larger ? state : most;
      position = larger ? Integers{} + step : position;
    }
    if (mean) store(mean + j, sum / float(length), count);
    if (!largest) continue;
    most = sum == sum ? most : sum;  // NaN is larger than any number
    store(largest + j, most, count);
    std::memcpy(call.positions + row * call.size + j, &position,
                std::min<int64_t>(LANES, count) * sizeof(int32_t));
  }
}

template <class Number>
inline void add_to(Number* at, const Number* added) {
  store(at, load(at, 1) + load(added, 1), 1);
}

template <class Number>
void pool_row_backward(const Pool& call, int64_t row) {
  const int64_t length = call.lengths[row];
  Number* grads = static_cast<Number*>(call.grad_states) + row * call.steps * call.size;
  const Number* mean = part<Number>(call, row, call.mean);
  if (mean) {
    std::memset(static_cast<void*>(grads + length * call.size), 0,
                (call.steps - length) * call.size * sizeof(Number));
    for (int64_t j = 0; j < call.size; j += LANES) {
      const Vector share = load(mean + j, call.size - j) / float(length);
      for (int64_t step = 0; step < length; ++step)
        store(grads + step * call.size + j, share, call.size - j);
    }
  } else {
    std::memset(static_cast<void*>(grads), 0, call.steps * call.size * sizeof(Number));
  }
  if (const Number* largest = part<Number>(call, row, call.largest))
    for (int64_t j = 0; j < call.size; ++j)
      add_to(grads + call.positions[row * call.size + j] * call.size + j, largest + j);
  if (const Number* last = part<Number>(call, row, call.last)) {
    Ends found[2];
    ends(call, length, found);
    for (const auto& end : found)
      for (int64_t j = end.start; j < end.start + end.count; ++j)
        add_to(grads + end.step * call.size + j, last + j);
  }
}

}  // namespace

extern "C" int drop(const Drop* call) {
  call->half ? run_drop<bfloat16>(*call) : run_drop<float>(*call);
  return 0;
}

extern "C" int pool_forward(const Pool* call) {
  share_out(call->threads, call->batch, [&](int64_t, int64_t row) {
    call->half ? pool_row<bfloat16>(*call, row) : pool_row<float>(*call, row);
  });
  return 0;
}

extern "C" int pool_backward(const Pool* call) {
  share_out(call->threads, call->batch, [&](int64_t, int64_t row) {
    call->half ? pool_row_backward<bfloat16>(*call, row) : pool_row_backward<float>(*call, row);
  });
  return 0;
}
