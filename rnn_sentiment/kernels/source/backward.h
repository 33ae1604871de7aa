// The backward pass: each block of rows back through its steps, with the weights' gradients.
#pragma once

#include "forward.h"

namespace {

constexpr int64_t CHUNK = 64;   // units of tokens whose weight gradients are added up at once
constexpr int64_t GROUPS = 16;  // sums of weight gradients at most; also of threads at work
constexpr int64_t SUMS_BYTES = int64_t{64} << 20;  // that they may take up

template <class Cell, class P, class Stored>
class Backward {
  using Number = typename P::Number;
  using Unit = typename P::Unit;

 public:
  explicit Backward(const Call& call)
      : call(call),
        plan(call),
        width(padded(call.hidden_size)),
        input_width(padded(call.input_size)),
        to_state(pack_weight(call.weight_hh, call.hidden_size, Cell::SHIFT)),
        to_input(pack_weight(call.weight_ih, call.grad_inputs ? call.input_size : 0, 0)) {}

  void run() {
    const int64_t count = plan.blocks.size();
    const int64_t bytes = Cell::GATES * width * (width + input_width) * sizeof(float);
    // The number of sums depends on sizes alone, so that results do not depend on threads.
    const int64_t most = call.grad_weight_ih ? std::clamp(SUMS_BYTES / bytes, int64_t{1}, GROUPS)
                                             : count;
    const int64_t groups = std::min(count, most);
    std::vector<Totals> totals;
    for (int64_t i = 0; call.grad_weight_ih && i < groups; ++i)
      totals.emplace_back(width, input_width);
    std::vector<Worker> workers;
    for (int64_t i = 0; i < std::max<int64_t>(1, std::min(call.threads, groups)); ++i)
      workers.emplace_back(width, input_width);
    share_out(call.threads, groups, [&](int64_t worker, int64_t group) {
      for (int64_t i = group; i < count; i += groups)
        read(workers[worker], plan.blocks[i], call.grad_weight_ih ? &totals[group] : nullptr);
    });
    if (call.grad_weight_ih)
      share_out(call.threads, Cell::GATES, [&](int64_t, int64_t gate) { collect(totals, gate); });
  }

 private:
  // Gradients of the weights, of a group of blocks; rows in the order of Cell's gradients.
  struct Totals {
    Totals(int64_t width, int64_t input_width)
        : given(Cell::GATES * width * input_width), recurrent(Cell::GATES * width * width),
          biases(Cell::GRADS * width) {}
    Buffer<float> given, recurrent, biases;
  };

  struct Worker {
    Worker(int64_t width, int64_t input_width)
        : rows(GROUP * Cell::GRADS * width), across(Cell::GRADS * width * CHUNK),
          columns((input_width + width) * CHUNK), grad(GROUP * width), through(GROUP * width),
          grad_memory(GROUP * width), kept(GROUP * width), state(GROUP * width),
          before(GROUP * width), memory_before(GROUP * width), grad_input(GROUP * input_width),
          zeros(std::max(width, input_width)) {}
    Buffer<Number> rows;           // a step's gradients of sums, row by row
    Buffer<Unit> across, columns;  // a chunk's; and its inputs and states
    // Of each row: the gradient of its state, past the gates and through them, and so on.
    Buffer<float> grad, through, grad_memory, kept, state, before, memory_before, grad_input;
    Buffer<float> zeros;
  };

  Buffer<Unit> pack_weight(const float* weight, int64_t columns, int64_t shift) {
    std::vector<const float*> rows(Cell::GATES * width, nullptr);
    for (int64_t gate = 0; gate < Cell::GATES; ++gate)
      for (int64_t j = 0; j < call.hidden_size; ++j)
        rows[gate * width + j] =
            weight + (Cell::gate_of_grad(gate + shift) * call.hidden_size + j) * columns;
    return pack<P>(Cell::GATES * width / P::DEPTH, padded(columns), [&](int64_t n) {
      return [&, n](int64_t k) { return rows[k] && n < columns ? rows[k][n] : 0.f; };
    });
  }

  void read(Worker& worker, const Block& block, Totals* totals) {
    const int64_t size = call.hidden_size;
    for (int64_t r = 0; r < block.count; ++r) {
      take(worker.grad + r * width, call.grad_final_state, block.rows[r], size, 0);
      take(worker.grad_memory + r * width, call.grad_final_memory, block.rows[r], size, 0);
      take(worker.kept + r * width, call.kept, block.rows[r], size, 1);
      take(worker.through + r * width, nullptr, block.rows[r], size, 0);
    }
    const Stored* saved = static_cast<const Stored*>(call.saved) +
                          (block.first_token + block.tokens()) * Cell::SAVED * width;
    int64_t units = 0;
    for (int64_t step = block.lengths[0] - 1; step >= 0; --step) {
      const int64_t active = block.active(step);
      saved -= active * Cell::SAVED * width;
      recall(worker, block, step, active, saved);
      for (int64_t r = 0; r < active; r += 2)
        step_back(worker, block, step, r, r + 1 < active, saved, totals, units + r / P::DEPTH);
      if (totals) gather(worker, block, step, active, units);
      hand_back(worker, block, step, active);
      units += (active + P::DEPTH - 1) / P::DEPTH;
      if (totals && (units > CHUNK - GROUP || step == 0)) {
        add_up(worker, *totals, units);
        units = 0;
      }
      if (!totals) units = 0;
    }
    for (int64_t r = 0; r < block.count; ++r) finish(worker, block, r);
  }

  // States of this step and the one before, as far as the cell needs them.
  void recall(Worker& worker, const Block& block, int64_t step, int64_t active,
              const Stored* saved) {
    const int64_t size = call.hidden_size;
    const auto* outputs = static_cast<const Stored*>(call.outputs);
    const Stored* saved_before = step ? saved - block.active(step - 1) * Cell::SAVED * width : saved;
    for (int64_t r = 0; r < active; ++r) {
      const int64_t at = r * width;
      if (step == 0) {
        take(worker.before + at, call.initial_state, block.rows[r], size, 0);
        take(worker.memory_before + at, call.initial_memory, block.rows[r], size, 0);
      } else {
        const Stored* before = outputs + plan.position(block, r, step - 1) * size;
        for (int64_t j = 0; j < size; j += LANES) {
          store(worker.before + at + j, load(before + j, size - j));
          if (Cell::MEMORY)
            store(worker.memory_before + at + j,
                  load(saved_before + (r + 1) * Cell::SAVED * width - width + j));
        }
      }
      if (Cell::SAVED == 0) {
        const Stored* state = outputs + plan.position(block, r, step) * size;
        for (int64_t j = 0; j < size; j += LANES)
          store(worker.state + at + j, load(state + j, size - j));
      }
    }
  }

  // Gradients of the sums of rows r and, where there is one, r + 1.
  void step_back(Worker& worker, const Block& block, int64_t step, int64_t r, bool both,
                 const Stored* saved, Totals* totals, int64_t unit) {
    const Stored* grads[2];
    for (int i = 0; i <= both; ++i)
      grads[i] = static_cast<const Stored*>(call.grad_outputs) +
                 plan.position(block, r + i, step) * call.hidden_size;
    for (int64_t j = 0; j < call.hidden_size; j += LANES) {
      Vector first[Cell::GRADS], second[Cell::GRADS] = {};
      step_back(worker, r, j, grads[0], saved, first);
      if (both) step_back(worker, r + 1, j, grads[1], saved, second);
      if (!totals) continue;
      for (int64_t g = 0; g < Cell::GRADS; ++g) {
        const int64_t at = g * width + j;
        store(totals->biases + at, load(totals->biases + at) + (first[g] + second[g]));
        P::join(first[g], second[g], [&](int64_t i, typename P::Units units) {
          put_across(worker.across, at, unit + i, units);
        });
      }
    }
  }

  void step_back(Worker& worker, int64_t r, int64_t j, const Stored* grad_output,
                 const Stored* saved, Vector (&grads)[Cell::GRADS]) {
    const int64_t at = r * width + j;
    Vector kept[std::max(1, Cell::SAVED)];
    for (int s = 0; s < Cell::SAVED; ++s)
      kept[s] = load(saved + (r * Cell::SAVED + s) * width + j);
    Vector grad = load(worker.grad + at) + load(worker.kept + at) * load(worker.through + at) +
                  load(grad_output + j, call.hidden_size - j);
    Vector grad_memory = load(worker.grad_memory + at);
    Cell::backward(kept, load(worker.state + at), load(worker.before + at),
                   load(worker.memory_before + at), grad, grad_memory, grads);
    store(worker.grad + at, grad);
    if (Cell::MEMORY) store(worker.grad_memory + at, grad_memory);
    for (int g = 0; g < Cell::GRADS; ++g)
      store(worker.rows + (r * Cell::GRADS + g) * width + j, grads[g]);
  }

  static void put_across(Unit* across, int64_t row, int64_t unit, typename P::Units units) {
    constexpr int COUNT = std::min(LANES, GROUP);
    for (int i = 0; i < LANES; i += COUNT) {
      Unit* to = across + (row + i) / GROUP * CHUNK * GROUP + unit * GROUP + (row + i) % GROUP;
      std::memcpy(to, reinterpret_cast<const char*>(&units) + i * sizeof(Unit),
                  COUNT * sizeof(Unit));
    }
  }

  // The step's inputs, then the states before it as they entered the products, into the chunk.
  void gather(Worker& worker, const Block& block, int64_t step, int64_t active, int64_t unit) {
    for (int64_t r = 0; r < active; r += 2, unit += 2 / P::DEPTH) {
      const bool both = r + 1 < active;
      Unit* to = worker.columns + unit * LANES;
      const auto put = [&](int64_t i, typename P::Units units) {
        std::memcpy(to + i * LANES, &units, sizeof units);
      };
      const int64_t given[] = {plan.input(block, r, step),
                               both ? plan.input(block, r + 1, step) : 0};
      for (int64_t j = 0; j < input_width; j += LANES, to += CHUNK * LANES) {
        if (j >= call.input_size) continue;
        const int64_t count = call.input_size - j;
        P::join(load(call.inputs, call.half_inputs, given[0] + j, count),
                both ? load(call.inputs, call.half_inputs, given[1] + j, count) : Vector{}, put);
      }
      for (int64_t j = 0; j < width; j += LANES, to += CHUNK * LANES) {
        const float *before = worker.before + r * width + j, *kept = worker.kept + r * width + j;
        P::join(load(before) * load(kept),
                both ? load(before + width) * load(kept + width) : Vector{}, put);
      }
    }
  }

  // Through the products: to the state before, and to the input.
  void hand_back(Worker& worker, const Block& block, int64_t step, int64_t active) {
    const Unit* rows = reinterpret_cast<const Unit*>(static_cast<Number*>(worker.rows));
    const int64_t stride = Cell::GRADS * width / P::DEPTH, depth = Cell::GATES * width / P::DEPTH;
    multiply<P>({.rows = rows + Cell::SHIFT * width / P::DEPTH,
                 .row_stride = stride,
                 .columns = to_state,
                 .column_stride = depth * LANES,
                 .depth = depth,
                 .start = worker.zeros,
                 .start_stride = 0,
                 .out = worker.through,
                 .out_stride = width},
                active, width / LANES);
    if (!call.grad_inputs) return;
    multiply<P>({.rows = rows,
                 .row_stride = stride,
                 .columns = to_input,
                 .column_stride = depth * LANES,
                 .depth = depth,
                 .start = worker.zeros,
                 .start_stride = 0,
                 .out = worker.grad_input,
                 .out_stride = input_width},
                active, input_width / LANES);
    for (int64_t r = 0; r < active; ++r) {
      const int64_t at = plan.position(block, r, step) * call.input_size;
      for (int64_t j = 0; j < call.input_size; j += LANES) {
        const Vector grad = load(worker.grad_input + r * input_width + j);
        if (call.half_inputs)
          store(static_cast<bfloat16*>(call.grad_inputs) + at + j, grad, call.input_size - j);
        else
          store(static_cast<float*>(call.grad_inputs) + at + j, grad, call.input_size - j);
      }
    }
  }

  void add_up(Worker& worker, Totals& totals, int64_t units) {
    const auto add = [&](float* sums, int64_t first, const Unit* columns, int64_t count) {
      for (int64_t row = 0; row < Cell::GATES * width; row += GROUP)
        multiply<P, true>({.rows = worker.across + (first + row) * CHUNK,
                           .row_stride = 1,
                           .columns = columns,
                           .column_stride = CHUNK * LANES,
                           .depth = units,
                           .start = sums + row * count,
                           .start_stride = count,
                           .out = sums + row * count,
                           .out_stride = count},
                          GROUP, count / LANES);
    };
    add(totals.given, 0, worker.columns, input_width);
    add(totals.recurrent, Cell::SHIFT * width, worker.columns + input_width * CHUNK, width);
  }

  void finish(Worker& worker, const Block& block, int64_t r) {
    const int64_t size = call.hidden_size, row = block.rows[r], length = block.lengths[r];
    if (call.grad_inputs) {
      const int64_t bytes = call.input_size * (call.half_inputs ? 2 : 4);
      std::memset(static_cast<char*>(call.grad_inputs) + (row * call.steps + length) * bytes, 0,
                  (call.steps - length) * bytes);
    }
    for (int64_t j = 0; j < size; j += LANES) {
      const int64_t at = r * width + j;
      if (call.grad_initial_state)
        store(call.grad_initial_state + row * size + j,
              load(worker.grad + at) + load(worker.kept + at) * load(worker.through + at),
              size - j);
      if (call.grad_initial_memory)
        store(call.grad_initial_memory + row * size + j, load(worker.grad_memory + at), size - j);
    }
  }

  // Add up a gate's gradients over groups, in their order.
  void collect(const std::vector<Totals>& totals, int64_t gate) {
    const int64_t size = call.hidden_size;
    const auto sum = [&](float* to, int64_t count, const auto& from) {
      for (int64_t j = 0; j < count; j += LANES) {
        Vector whole{};
        for (const Totals& one : totals) whole += load(from(one) + j);
        store(to + j, whole, count - j);
      }
    };
    const int64_t given = Cell::gate_of_grad(gate), recurrent = Cell::gate_of_grad(gate + Cell::SHIFT);
    for (int64_t j = 0; j < size; ++j) {
      const int64_t row = gate * width + j;
      sum(call.grad_weight_ih + (given * size + j) * call.input_size, call.input_size,
          [&](const Totals& one) { return one.given + row * input_width; });
      sum(call.grad_weight_hh + (recurrent * size + j) * size, size,
          [&](const Totals& one) { return one.recurrent + row * width; });
    }
    if (call.grad_bias_ih)
      sum(call.grad_bias_ih + given * size, size,
          [&](const Totals& one) { return one.biases + gate * width; });
    if (call.grad_bias_hh)
      sum(call.grad_bias_hh + recurrent * size, size,
          [&](const Totals& one) { return one.biases + (gate + Cell::SHIFT) * width; });
  }

  const Call& call;
  const Plan plan;
  const int64_t width, input_width;
  const Buffer<Unit> to_state, to_input;
};

}  // namespace
