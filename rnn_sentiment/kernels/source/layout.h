// What a call comes with, how its rows are shared out, and the memory it works in.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <numeric>
#include <system_error>
#include <thread>
#include <vector>

#include "products.h"

extern "C" {

// Field by field as in native.py. Arrays are contiguous but for `inputs`; null where absent.
struct Call {
  int64_t cell;         // 0 RNN, 1 LSTM, 2 GRU
  int64_t half;         // outputs, their gradient and what is saved are bfloat16, else float32
  int64_t half_inputs;  // inputs and their gradient are bfloat16
  int64_t reverse, threads;
  int64_t batch, steps, input_size, hidden_size;
  int64_t row_stride, step_stride;  // of inputs, in numbers
  const void* inputs;               // (B, T, E)
  const int64_t* lengths;           // (B,)
  const float *weight_ih, *weight_hh, *bias_ih, *bias_hh;
  const float *kept, *initial_state, *initial_memory;  // (B, H)
  void* outputs;                                       // (B, T, H)
  float *final_state, *final_memory;                   // (B, H)
  void* saved;                                         // (tokens, SAVED, padded H)
  const void* grad_outputs;
  const float *grad_final_state, *grad_final_memory;
  void* grad_inputs;
  float *grad_weight_ih, *grad_weight_hh, *grad_bias_ih, *grad_bias_hh;
  float *grad_initial_state, *grad_initial_memory;
};
}

namespace {

// Sizes are padded to whole vectors, and to groups of rows for products across them.
constexpr int64_t padded(int64_t size) {
  constexpr int64_t unit = std::max(LANES, GROUP);
  return (size + unit - 1) / unit * unit;
}

// Zeros, at the start of a cache line.
template <class Number>
class Buffer {
 public:
  explicit Buffer(int64_t size)
      : start_(static_cast<Number*>(
            std::aligned_alloc(64, (size * sizeof(Number) + 64) / 64 * 64 + 64))) {
    if (!start_) throw std::bad_alloc();
    std::memset(static_cast<void*>(start_), 0, size * sizeof(Number));
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) : start_(other.start_) { other.start_ = nullptr; }
  ~Buffer() { std::free(start_); }
  operator Number*() const { return start_; }

 private:
  Number* start_;
};

// Some rows of about the same length that are read side by side, the longest first.
struct Block {
  int64_t rows[GROUP];
  int64_t lengths[GROUP];
  int64_t count;
  int64_t first_token;  // of all blocks' tokens, in this order

  int64_t active(int64_t step) const {
    int64_t rows = count;
    while (rows > 0 && lengths[rows - 1] <= step) --rows;
    return rows;
  }
  int64_t tokens() const { return std::accumulate(lengths, lengths + count, int64_t{0}); }
};

struct Plan {
  explicit Plan(const Call& call) : call(call) {
    std::vector<int64_t> order(call.batch);
    std::iota(order.begin(), order.end(), 0);
    if (call.lengths)
      std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        return call.lengths[a] > call.lengths[b];
      });
    int64_t token = 0;
    for (size_t start = 0; start < order.size(); start += GROUP) {
      Block block{};
      block.first_token = token;
      for (size_t i = start; i < std::min(start + GROUP, order.size()); ++i) {
        block.rows[block.count] = order[i];
        block.lengths[block.count++] = call.lengths ? call.lengths[order[i]] : call.steps;
      }
      token += block.tokens();
      blocks.push_back(block);
    }
  }

  // Where a row's step is in (B, T, ...), counted in positions.
  int64_t position(const Block& block, int64_t row, int64_t step) const {
    return block.rows[row] * call.steps + at(block, row, step);
  }
  // Where it is among the row's inputs, counted in numbers.
  int64_t input(const Block& block, int64_t row, int64_t step) const {
    return block.rows[row] * call.row_stride + at(block, row, step) * call.step_stride;
  }

  const Call& call;
  std::vector<Block> blocks;

 private:
  int64_t at(const Block& block, int64_t row, int64_t step) const {
    return call.reverse ? block.lengths[row] - 1 - step : step;
  }
};

// Do tasks 0 to `count` on up to `threads` threads, each with a number of its own. Which thread
// does a task must not matter.
template <class Task>
void share_out(int64_t threads, int64_t count, const Task& task) {
  std::atomic<int64_t> next{0};
  // Compiled once for all threads: two copies could round differently, where one contracts a product
  // and a sum that the other does not.
  const auto work = [&](int64_t worker) __attribute__((noinline, noclone)) {
    for (int64_t i = next++; i < count; i = next++) task(worker, i);
  };
  std::vector<std::thread> others;
  try {
    for (int64_t worker = 1; worker < std::min(threads, count); ++worker)
      others.emplace_back(work, worker);
  } catch (const std::system_error&) {
    // No more threads to be had: those at hand do it all.
  }
  work(0);
  for (auto& other : others) other.join();
}

// Columns of a product, packed in vectors: see Operands. `column(n)` answers row k with a number.
template <class P, class Column>
Buffer<typename P::Unit> pack(int64_t depth, int64_t columns, const Column& column) {
  Buffer<typename P::Unit> packed(depth * columns);
  for (int64_t n = 0; n < columns; ++n) {
    const auto number = column(n);
    auto* to = reinterpret_cast<typename P::Number*>(packed + n / LANES * depth * LANES + n % LANES);
    for (int64_t k = 0; k < depth * P::DEPTH; k += P::DEPTH, to += LANES * P::DEPTH)
      for (int64_t d = 0; d < P::DEPTH; ++d) to[d] = round_to<typename P::Number>(number(k + d));
  }
  return packed;
}

}  // namespace
