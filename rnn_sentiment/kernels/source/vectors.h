// Vectors of float32, how they are read and written as float32 or bfloat16, and the gates' curves.
#pragma once

#include <cstdint>
#include <cstring>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr int LANES = 16;
#elif defined(__AVX__)
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif

typedef float Vector __attribute__((vector_size(4 * LANES)));
typedef uint32_t Words __attribute__((vector_size(4 * LANES)));
typedef int32_t Integers __attribute__((vector_size(4 * LANES)));
typedef uint16_t Halves __attribute__((vector_size(2 * LANES)));

// The upper half of a float32.
struct bfloat16 {
  uint16_t bits;
};

inline Vector all(float number) { return Vector{} + number; }

inline Vector load(const float* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

inline void store(float* to, Vector vector) { std::memcpy(to, &vector, sizeof vector); }

inline Vector widen(Halves halves) { return (Vector)(__builtin_convertvector(halves, Words) << 16); }

// To the nearest bfloat16, ties to even; NaN stays NaN.
inline Halves narrow(Vector vector) {
#if defined(__AVX512BF16__)
  return (Halves)_mm512_cvtneps_pbh((__m512)vector);
#else
  const Words words = (Words)vector;
  const Words rounded = (words + 0x7fff + ((words >> 16) & 1)) >> 16;
  const Integers unordered = vector != vector;
  return __builtin_convertvector(unordered ? Words{} + 0x7fc0 : rounded, Halves);
#endif
}

template <class Number>
inline Number round_to(float number);
template <>
inline float round_to<float>(float number) {
  return number;
}
template <>
inline bfloat16 round_to<bfloat16>(float number) {
  return {narrow(all(number))[0]};
}

inline Vector load(const bfloat16* from) {
  Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  return widen(halves);
}

inline void store(bfloat16* to, Vector vector) {
  const Halves halves = narrow(vector);
  std::memcpy(to, &halves, sizeof halves);
}

// The first `count` numbers, then zeros; a whole vector where there are enough.
template <class Number>
inline Vector load(const Number* from, int64_t count) {
  if (count >= LANES) return load(from);
  Number numbers[LANES] = {};
  std::memcpy(numbers, from, count * sizeof(Number));
  return load(numbers);
}

template <class Number>
inline void store(Number* to, Vector vector, int64_t count) {
  if (count >= LANES) return store(to, vector);
  Number numbers[LANES];
  store(numbers, vector);
  std::memcpy(to, numbers, count * sizeof(Number));
}

// exp(x), to about one unit in the last place; x is held where 2^n is a normal number.
inline Vector exponential(Vector x) {
  x = x < -87.f ? all(-87.f) : x;
  x = x > 88.f ? all(88.f) : x;
  const float shift = 12582912.f;  // 1.5 * 2^23: adding it rounds to a whole number
  const Vector shifted = x * 1.44269504088896341f + shift;
  const Vector whole = shifted - shift;
  const Vector rest = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  Vector sum = rest * 1.9875691500e-4f + 1.3981999507e-3f;
  sum = sum * rest + 8.3334519073e-3f;
  sum = sum * rest + 4.1665795894e-2f;
  sum = sum * rest + 1.6666665459e-1f;
  sum = sum * rest + 5.0000001201e-1f;
  sum = sum * (rest * rest) + rest + 1.f;
  return (Vector)((Words)sum + ((Words)shifted << 23));
}

inline Vector sigmoid(Vector x) { return 1.f / (1.f + exponential(-x)); }

inline Vector hyperbolic(Vector x) { return 2.f / (1.f + exponential(-2.f * x)) - 1.f; }

}  // namespace
