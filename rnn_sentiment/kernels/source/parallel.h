// Recurrences whose gates do not read the state, over padded rows: forward, and their gradients.
//
// What the inputs contribute is there for all tokens, so a step is a few operations on each feature.
// One row after the other is read, with its state in the nearest cache: what takes time is to fetch
// the sums once, and to write the outputs once.
#pragma once

#include "layout.h"
#include "parallel_cells.h"

extern "C" {

// Field by field as in native_parallel.py. Arrays are contiguous; null where absent.
struct Recurrence {
  int64_t cell;  // 0 minGRU, 1 minLSTM, 2 QRNN, 3 turning
  int64_t half;  // sums, outputs, states and gradients of sums and outputs are bfloat16
  int64_t reverse, threads;
  int64_t batch, steps, size;  // size: numbers of a state
  const void* sums;            // (B, T, GATES, size)
  const float* decay;          // (size) of complex numbers, turning
  const int64_t* lengths;      // (B,)
  const float* initial;        // (B, size)
  void* outputs;               // (B, T, size), where they are not the states
  void* states;                // (B, T, size)
  float* final_state;          // (B, size)
  const void* grad_outputs;
  const float* grad_final;
  void* grad_sums;
  float *grad_decay, *grad_initial;  // (B, size): the share of each row
};
}

namespace {

template <class Cell, class Stored>
class Parallel {
 public:
  explicit Parallel(const Recurrence& call) : call(call), width(padded(call.size)) {}

  void forward() const {
    share_out_rows([&](Worker& worker, int64_t row) { forward(worker, row); });
  }

  void backward() const {
    share_out_rows([&](Worker& worker, int64_t row) { backward(worker, row); });
  }

 private:
  struct Worker {
    explicit Worker(int64_t width) : carry(width), initial(width), of_decay(width) {}
    Buffer<float> carry, initial, of_decay;
  };

  template <class Task>
  void share_out_rows(const Task& task) const {
    std::vector<Worker> workers;
    for (int64_t i = 0; i < std::max<int64_t>(1, std::min(call.threads, call.batch)); ++i)
      workers.emplace_back(width);
    share_out(call.threads, call.batch,
              [&](int64_t worker, int64_t row) { task(workers[worker], row); });
  }

  static Stored* array(const void* start) { return static_cast<Stored*>(const_cast<void*>(start)); }

  int64_t length(int64_t row) const { return call.lengths ? call.lengths[row] : call.steps; }

  // Which of all tokens is the step-th that is read in a row.
  int64_t token(int64_t row, int64_t step) const {
    return row * call.steps + (call.reverse ? length(row) - 1 - step : step);
  }

  void read(Vector (&sums)[Cell::GATES], int64_t token, int64_t j) const {
    const Stored* from = array(call.sums) + token * Cell::GATES * call.size + j;
    for (int gate = 0; gate < Cell::GATES; ++gate)
      sums[gate] = load(from + gate * call.size, call.size - j);
  }

  void clear_padding(void* start, int64_t row, int64_t numbers) const {
    Stored* padding = array(start) + (row * call.steps + length(row)) * numbers;
    std::memset(static_cast<void*>(padding), 0,
                (call.steps - length(row)) * numbers * sizeof(Stored));
  }

  void take_row(float* to, const float* from, int64_t row) const {
    std::memset(to, 0, width * sizeof(float));
    if (from) std::memcpy(to, from + row * call.size, call.size * sizeof(float));
  }

  Cell cell_at(int64_t j) const {
    return Cell(Cell::DECAYS ? call.decay + j : nullptr, call.size - j);
  }

  void keep(float* to, const float* found, int64_t row) const {
    if (to) std::memcpy(to + row * call.size, found, call.size * sizeof(float));
  }

  void forward(Worker& worker, int64_t row) const {
    float* carry = worker.carry;
    take_row(carry, call.initial, row);
    for (int64_t step = 0; step < length(row); ++step) {
      const int64_t at = token(row, step);
      for (int64_t j = 0; j < call.size; j += LANES) {
        Vector sums[Cell::GATES], state = load(carry + j);
        read(sums, at, j);
        const Vector output = cell_at(j).forward(sums, state);
        store(carry + j, state);
        store(array(call.states) + at * call.size + j, state, call.size - j);
        if (!Cell::SHOWS_STATE)
          store(array(call.outputs) + at * call.size + j, output, call.size - j);
      }
    }
    keep(call.final_state, carry, row);
    clear_padding(call.states, row, call.size);
    if (!Cell::SHOWS_STATE) clear_padding(call.outputs, row, call.size);
  }

  void backward(Worker& worker, int64_t row) const {
    float *carry = worker.carry, *initial = worker.initial, *of_decay = worker.of_decay;
    take_row(carry, call.grad_final, row);
    take_row(initial, call.initial, row);
    take_row(of_decay, nullptr, row);
    for (int64_t step = length(row) - 1; step >= 0; --step) {
      const int64_t at = token(row, step), earlier = step ? token(row, step - 1) : -1;
      // Downwards like the steps: memory is fetched ahead in one direction, twice as fast.
      for (int64_t j = (call.size - 1) / LANES * LANES; j >= 0; j -= LANES) {
        const int64_t count = call.size - j, place = at * call.size + j;
        Vector sums[Cell::GATES], grads[Cell::GATES];
        Vector grad = load(carry + j), summed = load(of_decay + j);
        read(sums, at, j);
        const Vector before = step ? load(array(call.states) + earlier * call.size + j, count)
                                   : load(initial + j);
        cell_at(j).backward(sums, before, load(array(call.states) + place, count),
                            load(array(call.grad_outputs) + place, count), grad, grads, summed);
        store(carry + j, grad);
        if (Cell::DECAYS) store(of_decay + j, summed);
        Stored* to = array(call.grad_sums) + at * Cell::GATES * call.size + j;
        for (int gate = 0; gate < Cell::GATES; ++gate) store(to + gate * call.size, grads[gate], count);
      }
    }
    keep(call.grad_initial, carry, row);
    if (Cell::DECAYS) keep(call.grad_decay, of_decay, row);
    clear_padding(call.grad_sums, row, Cell::GATES * call.size);
  }

  const Recurrence& call;
  const int64_t width;
};

template <class Pass>
int run_parallel(const Recurrence* call, const Pass& pass) {
  const auto start = [&](auto number) {
    using Number = decltype(number);
    if (call->cell == 0)
      pass(Parallel<MinGru, Number>(*call));
    else if (call->cell == 1)
      pass(Parallel<MinLstm, Number>(*call));
    else if (call->cell == 2)
      pass(Parallel<Qrnn, Number>(*call));
    else
      pass(Parallel<Turning, Number>(*call));
  };
  try {
    if (call->half)
      start(bfloat16{});
    else
      start(float{});
  } catch (const std::bad_alloc&) {
    return 1;
  }
  return 0;
}

}  // namespace

extern "C" int parallel_forward(const Recurrence* call) {
  return run_parallel(call, [](const auto& pass) { pass.forward(); });
}
extern "C" int parallel_backward(const Recurrence* call) {
  return run_parallel(call, [](const auto& pass) { pass.backward(); });
}
