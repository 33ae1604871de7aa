// Recurrences whose gates do not read the state, over padded rows: forward, and their gradients.
//
// What the inputs contribute is there for all tokens, so a step is a few operations on each feature.
// One row after the other is read, with its state in the nearest cache: what takes time is to fetch
// the sums once, and to write the outputs once.
#pragma once

#include "layout.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

extern "C" {

// Field by field as in native_parallel.py. Arrays are contiguous; null where absent.
struct ParallelCall {
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

// A cell at one vector of features. `forward` updates the state and answers the output; `backward`
// is given the output's gradient, turns `grad`, the state's, into that of the state before, and adds
// to `of_decay`.

struct MinGru {  // Feng et al. (2024): update, new
  static constexpr int GATES = 2;
  static constexpr bool SHOWS_STATE = true, DECAYS = false;
  explicit MinGru(const float*, int64_t) {}

  Vector forward(const Vector (&sums)[GATES], Vector& state) const {
    return state += sigmoid(sums[0]) * (sums[1] - state);
  }

  void backward(const Vector (&sums)[GATES], Vector before, Vector, Vector given, Vector& grad,
                Vector (&grads)[GATES], Vector&) const {
    const Vector update = sigmoid(sums[0]);
    grad += given;
    grads[1] = grad * update;
    grads[0] = grads[1] * (sums[1] - before) * (1.f - update);
    grad -= grads[1];
  }
};

struct MinLstm {  // Feng et al. (2024): forget, input, new
  static constexpr int GATES = 3;
  static constexpr bool SHOWS_STATE = true, DECAYS = false;
  explicit MinLstm(const float*, int64_t) {}

  // 1 / sigmoid of forget and input, and what they are made of, all times the same factor: one of
  // them is at least 1, so nothing is 0 / 0.
  struct Inverses {
    Vector of_forget, of_write, forget, write;
    explicit Inverses(const Vector (&sums)[GATES]) {
      Vector least = sums[0] < sums[1] ? sums[0] : sums[1];
      least = least < 0.f ? least : Vector{};
      const Vector one = exponential(least);
      forget = exponential(least - sums[0]), write = exponential(least - sums[1]);
      of_forget = one + forget, of_write = one + write;
    }
    Vector share() const { return of_forget / (of_forget + of_write); }  // i / (f + i)
  };

  Vector forward(const Vector (&sums)[GATES], Vector& state) const {
    return state += Inverses(sums).share() * (sums[2] - state);
  }

  void backward(const Vector (&sums)[GATES], Vector before, Vector, Vector given, Vector& grad,
                Vector (&grads)[GATES], Vector&) const {
    const Inverses inverses(sums);
    const Vector share = inverses.share();
    grad += given;
    grads[2] = grad * share;
    const Vector both = grads[2] * (sums[2] - before) * (1.f - share);
    grads[0] = -both * inverses.forget / inverses.of_forget;
    grads[1] = both * inverses.write / inverses.of_write;
    grad -= grads[2];
  }
};

struct Qrnn {  // Bradbury et al. (2017), fo-pooling: new, forget, output
  static constexpr int GATES = 3;
  static constexpr bool SHOWS_STATE = false, DECAYS = false;
  explicit Qrnn(const float*, int64_t) {}

  Vector forward(const Vector (&sums)[GATES], Vector& state) const {
    const Vector fresh = hyperbolic(sums[0]);
    state = fresh + sigmoid(sums[1]) * (state - fresh);
    return sigmoid(sums[2]) * state;
  }

  void backward(const Vector (&sums)[GATES], Vector before, Vector state, Vector given, Vector& grad,
                Vector (&grads)[GATES], Vector&) const {
    const Vector fresh = hyperbolic(sums[0]), keep = sigmoid(sums[1]), show = sigmoid(sums[2]);
    grads[2] = given * state * show * (1.f - show);
    grad += given * show;
    grads[0] = grad * (1.f - keep) * (1.f - fresh * fresh);
    grad *= keep;
    grads[1] = grad * (before - fresh) * (1.f - keep);
  }
};

struct Turning {  // state = decay * state + value: complex, with real and imaginary parts in turns
  static constexpr int GATES = 1;
  static constexpr bool SHOWS_STATE = true, DECAYS = true;
  Vector real, imaginary;

  Turning(const float* decay, int64_t count) {
    const Vector pairs = load(decay, count);
    real = of_pair(pairs, 0), imaginary = of_pair(pairs, 1) * signs();
  }

  Vector forward(const Vector (&sums)[GATES], Vector& state) const {
    return state = real * state + imaginary * swapped(state) + sums[0];
  }

  void backward(const Vector (&)[GATES], Vector before, Vector, Vector given, Vector& grad,
                Vector (&grads)[GATES], Vector& of_decay) const {
    grads[0] = grad += given;
    of_decay += grad * of_pair(before, 0) - swapped(grad) * of_pair(before, 1) * signs();
    grad = real * grad - imaginary * swapped(grad);
  }

 private:
  // (-1, 1) in each pair: the product of two imaginary parts is negative.
  static Vector signs() {
    Vector found;
    for (int i = 0; i < LANES; ++i) found[i] = i % 2 ? 1.f : -1.f;
    return found;
  }
  // One number of each pair in both places.
  static Vector of_pair(Vector pairs, int which) {
#if defined(__AVX512F__)
    return (Vector)(which ? _mm512_movehdup_ps((__m512)pairs) : _mm512_moveldup_ps((__m512)pairs));
#endif
    Vector found;
    for (int i = 0; i < LANES; ++i) found[i] = pairs[i / 2 * 2 + which];
    return found;
  }
  static Vector swapped(Vector pairs) {
#if defined(__AVX512F__)
    return (Vector)_mm512_permute_ps((__m512)pairs, 0xb1);
#endif
    Vector found;
    for (int i = 0; i < LANES; ++i) found[i] = pairs[i ^ 1];
    return found;
  }
};

// While it lives, this thread takes numbers too small to be normal for zero. States and gradients
// that decay pass through them, and each takes a hundred times as long.
class FlushToZero {
#if defined(__x86_64__)
 public:
  FlushToZero() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushToZero() { _mm_setcsr(before_); }

 private:
  const unsigned before_;
#endif
};

template <class Cell, class Stored>
class Parallel {
 public:
  explicit Parallel(const ParallelCall& call) : call(call), width(padded(call.size)) {}

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
    share_out(call.threads, call.batch, [&](int64_t worker, int64_t row) {
      [[maybe_unused]] const FlushToZero flush;
      task(workers[worker], row);
    });
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
      // Memory is read downwards throughout, or it would not be fetched ahead: half the time.
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

  const ParallelCall& call;
  const int64_t width;
};

}  // namespace
