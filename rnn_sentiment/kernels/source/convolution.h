// Convolutions over the steps of padded rows, with ReLU, dropout and the maximum over a row's steps.
//
// Only the largest value of each filter leaves a row, so outputs are not kept, and the way back
// goes through one window of each filter and row.
#pragma once

#include "pointwise.h"

extern "C" {

// Filters of one width, as in an nn.Conv1d.
struct Filters {
  int64_t width, count;
  const float *weight, *bias;      // (count, E, width), (count,)
  float *grad_weight, *grad_bias;
};

// Field by field as in convolution.py.
struct Convolve {
  int64_t half;         // products of bfloat16 numbers, and bfloat16 answers
  int64_t half_inputs;  // inputs and their gradient are bfloat16
  int64_t threads;
  int64_t batch, steps, input_size;
  int64_t num_widths, columns;  // the filters of all widths
  int64_t seed, dropped;        // of 2^16 values, on average
  const Filters* filters;       // (num_widths,)
  const void* inputs;           // (B, T, E)
  const int64_t* lengths;       // (B,)
  void* pooled;                 // (B, columns), or its gradient
  int32_t* positions;           // (B, columns), the step of the largest; -1 if none is positive
  void* grad_inputs;
};
}

namespace {

inline int64_t before(const Filters& filters) { return (filters.width - 1) / 2; }

template <class P, class Stored>
class Convolution {
  using Number = typename P::Number;
  using Unit = typename P::Unit;

 public:
  explicit Convolution(const Convolve& call)
      : call(call), row_size(padded(call.input_size)), scale(scale_of(call.dropped)) {
    for (int64_t i = 0; i < call.num_widths; ++i) widest = std::max(widest, call.filters[i].width);
  }

  void run() {
    int64_t first = 0;
    for (int64_t i = 0; i < call.num_widths; ++i) {
      const Filters& filters = call.filters[i];
      packed.push_back({filters, first, weights(filters), biases(filters)});
      first += filters.count;
    }
    std::vector<Worker> workers;
    for (int64_t i = 0; i < std::max<int64_t>(1, std::min(call.threads, call.batch)); ++i)
      workers.emplace_back((call.steps + 2 * widest) * row_size, padded(call.columns));
    share_out(call.threads, call.batch,
              [&](int64_t worker, int64_t row) { read(workers[worker], row); });
  }

 private:
  struct Packed {
    Filters filters;
    int64_t first;  // column
    Buffer<Unit> weights;
    Buffer<float> biases;
  };

  struct Worker {
    Worker(int64_t inputs, int64_t columns)
        : inputs(inputs), sums(GROUP * columns), most(columns), poison(columns),
          positions(columns) {}
    Buffer<Number> inputs;
    Buffer<float> sums, most, poison;
    Buffer<int32_t> positions;
  };

  Buffer<Unit> weights(const Filters& filters) const {
    return pack<P>(filters.width * row_size / P::DEPTH, padded(filters.count), [&](int64_t n) {
      return [this, n, &filters](int64_t k) {
        const int64_t step = k / row_size, e = k % row_size;
        if (n >= filters.count || e >= call.input_size) return 0.f;
        return filters.weight[(n * call.input_size + e) * filters.width + step];
      };
    });
  }

  Buffer<float> biases(const Filters& filters) const {
    Buffer<float> biases(padded(filters.count));
    if (filters.bias) std::copy_n(filters.bias, filters.count, static_cast<float*>(biases));
    return biases;
  }

  void read(Worker& worker, int64_t row) {
    const int64_t length = call.lengths[row], size = call.input_size;
    Number* inputs = worker.inputs + widest * row_size;
    for (int64_t step = 0; step < length; ++step)
      for (int64_t j = 0; j < size; j += LANES)
        store(inputs + step * row_size + j,
              load(call.inputs, call.half_inputs, (row * call.steps + step) * size + j, size - j));
    std::memset(static_cast<void*>(inputs + length * row_size), 0,
                widest * row_size * sizeof(Number));
    for (const Packed& one : packed) read_width(worker, one, row, inputs);
  }

  void read_width(Worker& worker, const Packed& one, int64_t row, const Number* inputs) {
    const int64_t length = call.lengths[row], count = one.filters.count, across = padded(count);
    std::memset(static_cast<void*>(worker.most), 0, across * sizeof(float));
    std::memset(static_cast<void*>(worker.poison), 0, across * sizeof(float));
    std::fill_n(static_cast<int32_t*>(worker.positions), across, -1);
    for (int64_t step = 0; step < length; step += GROUP) {
      const int64_t taken = std::min<int64_t>(GROUP, length - step);
      const Number* rows = inputs + (step - before(one.filters)) * row_size;
      multiply<P>({.rows = reinterpret_cast<const Unit*>(rows),
                   .row_stride = row_size / P::DEPTH,
                   .columns = one.weights,
                   .column_stride = one.filters.width * row_size / P::DEPTH * LANES,
                   .depth = one.filters.width * row_size / P::DEPTH,
                   .start = one.biases,
                   .start_stride = 0,
                   .out = worker.sums,
                   .out_stride = across},
                  taken, across / LANES);
      for (int64_t r = 0; r < taken; ++r)
        compare(worker, one, row, step + r, worker.sums + r * across);
    }
    Stored* pooled = static_cast<Stored*>(call.pooled) + row * call.columns + one.first;
    int32_t* positions = call.positions + row * call.columns + one.first;
    for (int64_t j = 0; j < count; j += LANES) {
      store(pooled + j, load(worker.most + j) * scale + load(worker.poison + j), count - j);
      std::memcpy(positions + j, worker.positions + j,
                  std::min<int64_t>(LANES, count - j) * sizeof(int32_t));
    }
  }

  void compare(Worker& worker, const Packed& one, int64_t row, int64_t step, const float* sums) {
    Lanes lanes(call.seed, (row * call.steps + step) * call.num_widths + (&one - packed.data()));
    const uint32_t least = static_cast<uint32_t>(call.dropped) << 16;
    for (int64_t j = 0; j < one.filters.count; j += LANES) {
      const Vector sum = load(sums + j);
      Integers positions;
      std::memcpy(&positions, worker.positions + j, sizeof positions);
      const Vector most = load(worker.most + j);
      Integers larger = sum > most;
      if (call.dropped) larger &= (Integers)(lanes.next() >= least);
      store(worker.most + j, larger ? sum : most);
      store(worker.poison + j, load(worker.poison + j) + sum * 0.f);  // NaN from what is not finite
      positions = larger ? Integers{} + static_cast<int32_t>(step) : positions;
      std::memcpy(worker.positions + j, &positions, sizeof positions);
    }
  }

  const Convolve& call;
  const int64_t row_size;
  const float scale;
  int64_t widest = 0;
  std::vector<Packed> packed;
};

// Gradients in float32, from the one window of each filter and row that was the largest.
template <class Stored>
class ConvolutionBackward {
 public:
  explicit ConvolutionBackward(const Convolve& call)
      : call(call), row_size(padded(call.input_size)), scale(scale_of(call.dropped)) {
    for (int64_t i = 0; i < call.num_widths; ++i)
      for (int64_t f = 0; f < call.filters[i].count; ++f) columns.push_back({&call.filters[i], f});
  }

  void run() {
    if (call.grad_inputs) {
      std::vector<Buffer<float>> weights;  // of each filter, step by step
      for (const auto& [filters, f] : columns) {
        weights.emplace_back(filters->width * row_size);
        for (int64_t e = 0; e < call.input_size; ++e)
          for (int64_t s = 0; s < filters->width; ++s)
            weights.back()[s * row_size + e] =
                filters->weight[(f * call.input_size + e) * filters->width + s];
      }
      std::vector<Buffer<float>> workers;
      for (int64_t i = 0; i < std::max<int64_t>(1, std::min(call.threads, call.batch)); ++i)
        workers.emplace_back(call.steps * row_size);
      share_out(call.threads, call.batch,
                [&](int64_t worker, int64_t row) { to_inputs(workers[worker], weights, row); });
    }
    share_out(call.threads, columns.size(), [&](int64_t, int64_t column) { to_weights(column); });
  }

 private:
  struct Column {
    const Filters* filters;
    int64_t filter;
  };

  // Calls `each(s, step)` for the steps of a window that are in its row.
  template <class Each>
  void window(int64_t row, int64_t column, const Each& each) const {
    const Filters& filters = *columns[column].filters;
    const int64_t start = call.positions[row * call.columns + column] - before(filters);
    for (int64_t s = 0; s < filters.width; ++s)
      if (start + s >= 0 && start + s < call.lengths[row]) each(s, start + s);
  }

  // Gradient of a filter's largest product in a row; zero where none was positive.
  float grad(int64_t row, int64_t column) const {
    const int64_t at = row * call.columns + column;
    return call.positions[at] < 0 ? 0 : scale * load(static_cast<Stored*>(call.pooled) + at, 1)[0];
  }

  void to_inputs(float* sums, const std::vector<Buffer<float>>& weights, int64_t row) const {
    std::memset(sums, 0, call.steps * row_size * sizeof(float));
    for (int64_t column = 0; column < call.columns; ++column)
      if (const float share = grad(row, column))
        window(row, column, [&](int64_t s, int64_t step) {
          for (int64_t j = 0; j < call.input_size; j += LANES)
            store(sums + step * row_size + j, load(sums + step * row_size + j) +
                                                  share * load(weights[column] + s * row_size + j));
        });
    for (int64_t step = 0; step < call.steps; ++step)
      for (int64_t j = 0; j < call.input_size; j += LANES) {
        const int64_t to = (row * call.steps + step) * call.input_size + j;
        const int64_t count = call.input_size - j;
        const Vector sum = load(sums + step * row_size + j);
        call.half_inputs ? store(static_cast<bfloat16*>(call.grad_inputs) + to, sum, count)
                         : store(static_cast<float*>(call.grad_inputs) + to, sum, count);
      }
  }

  void to_weights(int64_t column) const {
    const auto& [filters, f] = columns[column];
    const int64_t size = call.input_size;
    Buffer<float> sums(filters->width * row_size);
    float bias = 0;
    for (int64_t row = 0; row < call.batch; ++row)
      if (const float share = grad(row, column)) {
        bias += share;
        window(row, column, [&](int64_t s, int64_t step) {
          for (int64_t j = 0; j < size; j += LANES)
            store(sums + s * row_size + j,
                  load(sums + s * row_size + j) +
                      share * load(call.inputs, call.half_inputs,
                                   (row * call.steps + step) * size + j, size - j));
        });
      }
    if (filters->grad_bias) filters->grad_bias[f] = bias;
    for (int64_t e = 0; e < size; ++e)
      for (int64_t s = 0; s < filters->width; ++s)
        filters->grad_weight[(f * size + e) * filters->width + s] = sums[s * row_size + e];
  }

  const Convolve& call;
  const int64_t row_size;
  const float scale;
  std::vector<Column> columns;
};

}  // namespace

extern "C" int convolve_forward(const Convolve* call) {
  try {
    call->half ? Convolution<Rounded, bfloat16>(*call).run() : Convolution<Singles, float>(*call).run();
  } catch (const std::bad_alloc&) {
    return 1;
  }
  return 0;
}

extern "C" int convolve_backward(const Convolve* call) {
  try {
    call->half ? ConvolutionBackward<bfloat16>(*call).run() : ConvolutionBackward<float>(*call).run();
  } catch (const std::bad_alloc&) {
    return 1;
  }
  return 0;
}
