// The three cells, one vector of features of one row at one step: forward, and its gradient.
#pragma once

#include "vectors.h"

namespace {

// Sums that come in from the same products: gates `first` to `first + count`, of the state before
// (`recurrent`), of the step's input (`given`), or of both.
struct Part {
  int first, count;
  bool recurrent, given;
};

// What all cells share. GATES: of the weights. SUMS: sums a step needs. SAVED: numbers a feature
// keeps for the backward pass. GRADS: gradients of sums; those of the products with the input are
// the first GATES of them, those of the products with the state the GATES from SHIFT on.

struct Rnn {  // Elman (1990), tanh
  static constexpr int GATES = 1, SUMS = 1, SAVED = 0, GRADS = 1, SHIFT = 0;
  static constexpr bool MEMORY = false;
  static constexpr Part PARTS[] = {{0, 1, true, true}};
  static constexpr int gate_of_sum(int sum) { return sum; }
  static constexpr int gate_of_grad(int grad) { return grad; }

  static void forward(const Vector (&sums)[SUMS], Vector& state, Vector&, Vector*) {
    state = hyperbolic(sums[0]);
  }

  static void backward(const Vector*, Vector state, Vector, Vector, Vector& grad, Vector&,
                       Vector (&grads)[GRADS]) {
    grads[0] = grad * (1.f - state * state);
    grad = Vector{};
  }
};

struct Lstm {  // Hochreiter & Schmidhuber (1997), with forget gates
  static constexpr int GATES = 4, SUMS = 4, SAVED = 5, GRADS = 4, SHIFT = 0;
  static constexpr bool MEMORY = true;
  static constexpr Part PARTS[] = {{0, 4, true, true}};
  static constexpr int gate_of_sum(int sum) { return sum; }
  static constexpr int gate_of_grad(int grad) { return grad; }

  static void forward(const Vector (&sums)[SUMS], Vector& state, Vector& memory, Vector* saved) {
    const Vector write = sigmoid(sums[0]), keep = sigmoid(sums[1]);
    const Vector fresh = hyperbolic(sums[2]), show = sigmoid(sums[3]);
    memory = keep * memory + write * fresh;
    state = show * hyperbolic(memory);
    saved[0] = write, saved[1] = keep, saved[2] = fresh, saved[3] = show, saved[4] = memory;
  }

  static void backward(const Vector* saved, Vector, Vector, Vector memory_before, Vector& grad,
                       Vector& grad_memory, Vector (&grads)[GRADS]) {
    const Vector write = saved[0], keep = saved[1], fresh = saved[2], show = saved[3];
    const Vector shown = hyperbolic(saved[4]);
    const Vector whole = grad_memory + grad * show * (1.f - shown * shown);
    grads[0] = whole * fresh * write * (1.f - write);
    grads[1] = whole * memory_before * keep * (1.f - keep);
    grads[2] = whole * write * (1.f - fresh * fresh);
    grads[3] = grad * shown * show * (1.f - show);
    grad_memory = whole * keep;
    grad = Vector{};
  }
};

// Cho et al. (2014), with the reset gate behind the product as in cuDNN. The new state's sum comes
// in two parts, so its gradient does as well: fresh (input), reset, keep, fresh (state).
struct Gru {
  static constexpr int GATES = 3, SUMS = 4, SAVED = 4, GRADS = 4, SHIFT = 1;
  static constexpr bool MEMORY = false;
  static constexpr Part PARTS[] = {{0, 2, true, true}, {2, 1, true, false}, {3, 1, false, true}};
  static constexpr int gate_of_sum(int sum) { return sum < 3 ? sum : 2; }
  static constexpr int gate_of_grad(int grad) { return grad == 0 ? 2 : grad - 1; }

  static void forward(const Vector (&sums)[SUMS], Vector& state, Vector&, Vector* saved) {
    const Vector reset = sigmoid(sums[0]), keep = sigmoid(sums[1]);
    const Vector fresh = hyperbolic(sums[3] + reset * sums[2]);
    state = fresh + keep * (state - fresh);
    saved[0] = reset, saved[1] = keep, saved[2] = fresh, saved[3] = sums[2];
  }

  static void backward(const Vector* saved, Vector, Vector before, Vector, Vector& grad, Vector&,
                       Vector (&grads)[GRADS]) {
    const Vector reset = saved[0], keep = saved[1], fresh = saved[2], recalled = saved[3];
    grads[0] = grad * (1.f - keep) * (1.f - fresh * fresh);
    grads[1] = grads[0] * recalled * reset * (1.f - reset);
    grads[2] = grad * (before - fresh) * keep * (1.f - keep);
    grads[3] = grads[0] * reset;
    grad = grad * keep;
  }
};

}  // namespace
