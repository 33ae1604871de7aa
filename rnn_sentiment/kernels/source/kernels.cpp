// The CPU kernels as one library. Each function takes a structure, and answers 0 unless it found no
// memory. Results are equal on any number of threads: which thread does what does not matter, and
// sums are taken in one order.

#include "backward.h"
#include "convolution.h"
#include "parallel.h"

// Recurrent layers over padded sequences: one call reads all steps, forward or backward.
//
// Rows are read in blocks of eight that go through all of their steps on one thread, with their
// states in its nearest cache and the weights in the next. What a row computes does not depend on
// its block.
namespace {

template <template <class, class, class> class Pass>
int run(const Call* call) {
  const auto start = [&](auto cell) {
    using Cell = decltype(cell);
    if (call->half)
      Pass<Cell, Rounded, bfloat16>(*call).run();
    else
      Pass<Cell, Singles, float>(*call).run();
  };
  try {
    if (call->cell == 0)
      start(Rnn{});
    else if (call->cell == 1)
      start(Lstm{});
    else
      start(Gru{});
  } catch (const std::bad_alloc&) {
    return 1;
  }
  return 0;
}

}  // namespace

extern "C" int recurrent_forward(const Call* call) { return run<Forward>(call); }
extern "C" int recurrent_backward(const Call* call) { return run<Backward>(call); }

// Numbers that a saved row of `size` features takes up.
extern "C" int64_t recurrent_width(int64_t size) { return padded(size); }
