"""Layers, batches, and what torch's own layers in float64 make of them, row by row."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from rnn_sentiment import kernels
from rnn_sentiment.kernels.layers import Final
from rnn_sentiment.kernels.sequence import Operands, Reading
from rnn_sentiment.kernels.stock import step_through

OURS = {"rnn": kernels.RNN, "lstm": kernels.LSTM, "gru": kernels.GRU}
STOCK = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
Layer = kernels.RNN | kernels.LSTM | kernels.GRU


@dataclass
class Case:
    """A layer and all that it can be given."""

    layer: Layer
    inputs: Tensor
    lengths: Tensor | None
    reverse: bool
    kept: Tensor | None
    initial: tuple[Tensor, ...]  # none, one or two of (B, H)

    @classmethod
    def make(
        cls,
        cell: str,
        sizes: tuple[int, int, int, int] = (5, 6, 4, 3),
        lengths: bool = True,
        reverse: bool = False,
        kept: bool = False,
        initial: bool = False,
        bias: bool = True,
        dtype: torch.dtype = torch.float32,
    ) -> Case:
        """Draw one from torch's generator, seeded by the sizes; `sizes` are B, T, E and H."""
        torch.manual_seed(sum(sizes))
        batch, steps, given, size = sizes
        shape = batch, size
        return cls(
            OURS[cell](given, size, bias=bias).to(dtype),
            torch.randn(batch, steps, given, dtype=dtype),
            torch.randint(0, steps + 1, (batch,)) if lengths else None,
            reverse,
            (torch.rand(shape) > 0.3).to(dtype) / 0.7 if kept else None,
            tuple(torch.randn(shape, dtype=dtype) for _ in range(1 + (cell == "lstm")))
            if initial
            else (),
        )

    def to(self, dtype: torch.dtype) -> Case:
        """A copy of another type."""
        return Case(
            copy.deepcopy(self.layer).to(dtype),
            self.inputs.to(dtype),
            self.lengths,
            self.reverse,
            None if self.kept is None else self.kept.to(dtype),
            tuple(one.to(dtype) for one in self.initial),
        )

    def __call__(self) -> tuple[Tensor, Final]:
        """The layer's answer."""
        initial = self.initial if len(self.initial) == 2 else next(iter(self.initial), None)
        return self.layer(
            self.inputs, self.lengths, reverse=self.reverse, kept=self.kept, initial=initial
        )

    def expected(self) -> tuple[Tensor, Final]:
        """The answer of torch's own layer (with `kept`, of its cell), each row on its own."""
        cell, size = self.layer.cell, self.layer.hidden_size
        stock = STOCK[cell](self.layer.input_size, size, bias=self.layer.bias, batch_first=True)
        stock = stock.to(self.inputs.dtype)
        rows, finals = [], []
        for row, inputs in enumerate(self.inputs):
            length = len(inputs) if self.lengths is None else int(self.lengths[row])
            initial = [one[row : row + 1] for one in self.initial]
            if not initial:
                initial = [inputs.new_zeros(1, size) for _ in range(1 + (cell == "lstm"))]
            read = inputs[None, :length]
            read = read.flip(1) if self.reverse else read
            if length == 0:
                outputs, final = inputs.new_zeros(1, 0, size), initial
            elif self.kept is not None:
                reading = Reading(cell, False, False, None, self.kept[row : row + 1])
                carried = dict(zip(("state", "memory"), initial, strict=False))
                operands = Operands(read, *self.layer.all_weights[0])._replace(**carried)
                outputs, *final = step_through(reading, operands)
            else:
                first = tuple(one[None] for one in initial)
                outputs, last = torch.func.functional_call(
                    stock,
                    dict(self.layer.named_parameters()),
                    (read, first if cell == "lstm" else first[0]),
                )
                final = [one[0] for one in (last if cell == "lstm" else (last,))]
            outputs = outputs.flip(1) if self.reverse else outputs
            rows.append(nn.functional.pad(outputs, (0, 0, 0, len(inputs) - length)))
            finals.append(final[: 1 + (cell == "lstm")])
        state, *memory = (torch.cat(parts) for parts in zip(*finals, strict=True))
        return torch.cat(rows), (state, memory[0]) if memory else state


def flat(answer: tuple[Tensor, Final]) -> list[Tensor]:
    """Outputs and what there is of final states."""
    outputs, final = answer
    return [
        outputs,
        *(one for one in (final if isinstance(final, tuple) else (final,)) if one is not None),
    ]


def gradients(case: Case, answers: list[Tensor]) -> list[Tensor]:
    """Of a fixed random sum of `answers`, by inputs, initial states and parameters."""
    generator = torch.Generator().manual_seed(0)
    loss = sum(
        (one.double() * torch.randn(one.shape, generator=generator, dtype=torch.float64)).sum()
        for one in answers
    )
    asked = [case.inputs, *case.initial, *case.layer.parameters()]
    loss = loss + sum(0 * one.double().sum() for one in asked)  # all lengths may be 0
    return list(torch.autograd.grad(loss, asked))


def watched(case: Case) -> Case:
    """The case with gradients asked of inputs and initial states too."""
    for one in (case.inputs, *case.initial):
        one.requires_grad_()
    return case


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Layers of all kinds and sizes."""
    sizes = tuple(draw(st.integers(1, most)) for most in (20, 12, 40, 40))
    flags = {
        name: draw(st.booleans()) for name in ("lengths", "reverse", "kept", "initial", "bias")
    }
    return Case.make(draw(st.sampled_from(sorted(OURS))), sizes, **flags)
