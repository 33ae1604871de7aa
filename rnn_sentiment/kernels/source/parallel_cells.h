// Cells whose gates do not read the state, one vector of features at a time.
#pragma once

#include "vectors.h"

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
#else
    Vector found;
    for (int i = 0; i < LANES; ++i) found[i] = pairs[i / 2 * 2 + which];
    return found;
#endif
  }
  static Vector swapped(Vector pairs) {
#if defined(__AVX512F__)
    return (Vector)_mm512_permute_ps((__m512)pairs, 0xb1);
#else
    Vector found;
    for (int i = 0; i < LANES; ++i) found[i] = pairs[i ^ 1];
    return found;
#endif
  }
};

}  // namespace
