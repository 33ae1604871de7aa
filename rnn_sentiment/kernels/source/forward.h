// The forward pass: each block of rows through all of its steps.
#pragma once

#include "cells.h"
#include "layout.h"

namespace {

// `from` is bfloat16 or float32.
inline Vector load(const void* from, bool half, int64_t at, int64_t count) {
  return half ? load(static_cast<const bfloat16*>(from) + at, count)
              : load(static_cast<const float*>(from) + at, count);
}

// Row `row` of `from (B, H)` into `to`, or `otherwise` where there is no array.
inline void take(float* to, const float* from, int64_t row, int64_t size, float otherwise) {
  for (int64_t j = 0; j < size; j += LANES)
    store(to + j, from ? load(from + row * size + j, size - j) : all(otherwise));
}

template <class P>
struct PackedPart {
  Part part;
  int64_t depth;
  Buffer<typename P::Unit> columns;
};

// A row of operands is the state before, in `width` numbers, then the input.
template <class Cell, class P>
std::vector<PackedPart<P>> pack_weights(const Call& call, int64_t width, int64_t input_depth) {
  const int64_t given = call.input_size, size = call.hidden_size;
  std::vector<PackedPart<P>> parts;
  for (const Part& part : Cell::PARTS) {
    const int64_t recurrent = part.recurrent ? width : 0;
    const int64_t depth = recurrent / P::DEPTH + (part.given ? input_depth : 0);
    parts.push_back({part, depth, pack<P>(depth, part.count * width, [&](int64_t n) {
      const int64_t feature = n % width;
      const int64_t row = Cell::gate_of_sum(part.first + n / width) * size + feature;
      return [=, &call](int64_t k) {
        if (feature >= size) return 0.f;
        if (k < recurrent) return k < size ? call.weight_hh[row * size + k] : 0.f;
        k -= recurrent;
        return k < given ? call.weight_ih[row * given + k] : 0.f;
      };
    })});
  }
  return parts;
}

template <class Cell>
Buffer<float> pack_biases(const Call& call, int64_t width) {
  Buffer<float> biases(Cell::SUMS * width);
  for (const Part& part : Cell::PARTS)
    for (int64_t sum = part.first; sum < part.first + part.count; ++sum)
      for (int64_t j = 0; j < call.hidden_size; ++j) {
        const int64_t row = Cell::gate_of_sum(sum) * call.hidden_size + j;
        if (part.recurrent && call.bias_hh) biases[sum * width + j] += call.bias_hh[row];
        if (part.given && call.bias_ih) biases[sum * width + j] += call.bias_ih[row];
      }
  return biases;
}

template <class Cell, class P, class Stored>
class Forward {
  using Number = typename P::Number;
  using Unit = typename P::Unit;

 public:
  explicit Forward(const Call& call)
      : call(call),
        plan(call),
        width(padded(call.hidden_size)),
        row_size(width + padded(call.input_size)),
        parts(pack_weights<Cell, P>(call, width, (call.input_size + P::DEPTH - 1) / P::DEPTH)),
        biases(pack_biases<Cell>(call, width)) {}

  void run() {
    const int64_t count = plan.blocks.size();
    std::vector<Worker> workers;
    for (int64_t i = 0; i < std::max<int64_t>(1, std::min(call.threads, count)); ++i)
      workers.emplace_back(width, row_size);
    share_out(call.threads, count,
              [&](int64_t worker, int64_t i) { read(workers[worker], plan.blocks[i]); });
  }

 private:
  struct Worker {
    Worker(int64_t width, int64_t row_size)
        : rows(GROUP * row_size), sums(GROUP * Cell::SUMS * width), state(GROUP * width),
          memory(GROUP * width), kept(GROUP * width) {}
    Buffer<Number> rows;
    Buffer<float> sums, state, memory, kept;
  };

  void read(Worker& worker, const Block& block) {
    const int64_t size = call.hidden_size;
    for (int64_t r = 0; r < block.count; ++r) {
      take(worker.state + r * width, call.initial_state, block.rows[r], size, 0);
      take(worker.memory + r * width, call.initial_memory, block.rows[r], size, 0);
      take(worker.kept + r * width, call.kept, block.rows[r], size, 1);
      for (int64_t j = 0; j < size; j += LANES)
        store(worker.rows + r * row_size + j,
              load(worker.state + r * width + j) * load(worker.kept + r * width + j));
    }
    Stored* saved = static_cast<Stored*>(call.saved);
    if (saved) saved += block.first_token * Cell::SAVED * width;
    for (int64_t step = 0; step < block.lengths[0]; ++step) {
      const int64_t active = block.active(step);
      for (int64_t r = 0; r < active; ++r) {
        const int64_t from = plan.input(block, r, step);
        for (int64_t j = 0; j < call.input_size; j += LANES)
          store(worker.rows + r * row_size + width + j,
                load(call.inputs, call.half_inputs, from + j, call.input_size - j));
      }
      add_up(worker, active);
      for (int64_t r = 0; r < active; ++r) {
        advance(worker, r, static_cast<Stored*>(call.outputs) + plan.position(block, r, step) * size,
                saved);
        if (saved) saved += Cell::SAVED * width;
      }
    }
    for (int64_t r = 0; r < block.count; ++r) finish(worker, block, r);
  }

  void add_up(Worker& worker, int64_t active) {
    const Unit* rows = reinterpret_cast<const Unit*>(static_cast<Number*>(worker.rows));
    for (const auto& [part, depth, columns] : parts)
      multiply<P>({.rows = rows + (part.recurrent ? 0 : width / P::DEPTH),
                   .row_stride = row_size / P::DEPTH,
                   .columns = columns,
                   .column_stride = depth * LANES,
                   .depth = depth,
                   .start = biases + part.first * width,
                   .start_stride = 0,
                   .out = worker.sums + part.first * width,
                   .out_stride = Cell::SUMS * width},
                  active, part.count * width / LANES);
  }

  void advance(Worker& worker, int64_t r, Stored* output, Stored* saved) {
    for (int64_t j = 0; j < call.hidden_size; j += LANES) {
      Vector sums[Cell::SUMS], keep[std::max(1, Cell::SAVED)];
      for (int s = 0; s < Cell::SUMS; ++s)
        sums[s] = load(worker.sums + (r * Cell::SUMS + s) * width + j);
      Vector state = load(worker.state + r * width + j);
      Vector memory = load(worker.memory + r * width + j);
      Cell::forward(sums, state, memory, keep);
      store(worker.state + r * width + j, state);
      if (Cell::MEMORY) store(worker.memory + r * width + j, memory);
      store(worker.rows + r * row_size + j, state * load(worker.kept + r * width + j));
      store(output + j, state, call.hidden_size - j);
      if (saved)
        for (int s = 0; s < Cell::SAVED; ++s) store(saved + s * width + j, keep[s]);
    }
  }

  // Outputs at padding are zero; the final state is the one behind a row's last token.
  void finish(Worker& worker, const Block& block, int64_t r) {
    const int64_t size = call.hidden_size, row = block.rows[r], length = block.lengths[r];
    Stored* padding = static_cast<Stored*>(call.outputs) + (row * call.steps + length) * size;
    std::memset(static_cast<void*>(padding), 0, (call.steps - length) * size * sizeof(Stored));
    for (int64_t j = 0; j < size; j += LANES) {
      store(call.final_state + row * size + j, load(worker.state + r * width + j), size - j);
      if (Cell::MEMORY)
        store(call.final_memory + row * size + j, load(worker.memory + r * width + j), size - j);
    }
  }

  const Call& call;
  const Plan plan;
  const int64_t width, row_size;
  const std::vector<PackedPart<P>> parts;
  const Buffer<float> biases;
};

}  // namespace
