"""`nn.RNN`, `nn.LSTM` and `nn.GRU` with faster passes: the same parameters, the same results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from rnn_sentiment.kernels import native, reference, stock
from rnn_sentiment.kernels.lengths import checked
from rnn_sentiment.kernels.sequence import CellName, Operands, Reading
from rnn_sentiment.kernels.ways import Way, product_type, way

Initial = Tensor | tuple[Tensor, Tensor]
Final = Tensor | tuple[Tensor, Tensor | None]


class _Layer(nn.RNNBase):
    """One layer in one direction, over padded rows.

    Args:
        input_size: number of input features E.
        hidden_size: number of features H of a state.
        bias: whether there are biases, two as in torch.
    """

    cell: CellName

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__(input_size, hidden_size, bias=bias, batch_first=True)  # type: ignore[arg-type, call-arg]

    def forward(
        self,
        inputs: Tensor,
        lengths: Tensor | None = None,
        *,
        reverse: bool = False,
        kept: Tensor | None = None,
        initial: Initial | None = None,
        weight_hh: Tensor | None = None,
    ) -> tuple[Tensor, Final]:
        """Read `inputs (B, T, E)` to outputs `(B, T, H)` and final state(s) `(B, H)`.

        Under autocast, products and outputs are bfloat16, but states are carried from step to step
        in float32.

        Args:
            inputs: (B, T, E); values at padding are never read.
            lengths: (B,) tokens of each row, 0 to T; all T without them.
            reverse: read each row from its last token to its first; outputs stay in place.
            kept: (B, H), multiplies the state before it reaches the next step's gates, at every
                step (recurrent dropout: Gal & Ghahramani, 2016). The part that a GRU or LSTM
                carries past its gates is not masked. The mask gets no gradient.
            initial: state (B, H), for an LSTM with its cell state (B, H); zero by default.
            weight_hh: (gates * H, H), in place of the layer's own, such as after dropout of weights
                (Merity et al., 2018).

        Returns:
            Outputs, zero at padding, and the state after each row's last token, for an LSTM with
            its cell state (with lengths, None from torch's own layer, which does not return it).

        Raises:
            ValueError: shapes or lengths do not fit together.
        """
        state, memory = initial if isinstance(initial, tuple) else (initial, None)
        self._check(inputs, kept, state, memory)
        operands = Operands(inputs, *self.all_weights[0])._replace(state=state, memory=memory)
        if weight_hh is not None:
            operands = operands._replace(weight_hh=weight_hh)
        dtype, chosen = self._way(operands)
        if chosen != "stock":
            lengths = checked(lengths, inputs)
        reading = Reading(self.cell, dtype == torch.bfloat16, reverse, lengths, kept)
        if chosen == "stock":
            with self._holding(weight_hh):
                found = stock.compute(super().forward, reading, operands)
        elif chosen == "compiled":
            found = native.compute(reading, operands)
        else:
            found = reference.compute(reading, operands)
        outputs, final, final_memory = found
        final = final.to(outputs.dtype)
        if self.cell != "lstm":
            return outputs, final
        return outputs, (final, None if final_memory is None else final_memory.to(outputs.dtype))

    @contextmanager
    def _holding(self, weight_hh: Tensor | None) -> Iterator[None]:
        """Make torch's own layer use another recurrent weight."""
        own = self._flat_weights
        if weight_hh is not None:
            self._flat_weights = [own[0], weight_hh, *own[2:]]
        try:
            yield
        finally:
            self._flat_weights = own

    def _way(self, operands: Operands) -> tuple[torch.dtype, Way]:
        """The type of the products, and how they are computed."""
        inputs = operands.inputs
        dtype = product_type(inputs)
        if dtype != product_type(operands.weight_ih):
            return inputs.dtype, "stock"  # which says what is wrong
        return dtype, way(inputs.device, dtype)

    def _check(
        self,
        inputs: Tensor,
        kept: Tensor | None,
        state: Tensor | None,
        memory: Tensor | None,
    ) -> None:
        if inputs.dim() != 3 or inputs.shape[2] != self.input_size:
            raise ValueError(f"inputs must be (B, T, {self.input_size}), not {tuple(inputs.shape)}")
        if kept is not None and kept.requires_grad:
            raise ValueError("kept is a constant: no gradient reaches it")
        if state is not None and (memory is None) == (self.cell == "lstm"):
            raise ValueError("initial is (state, memory) for an LSTM, and a state for others")
        shape = len(inputs), self.hidden_size
        for name, rows in (("kept", kept), ("initial", state), ("initial", memory)):
            if rows is not None and rows.shape != shape:
                raise ValueError(f"{name} must be {shape}, not {tuple(rows.shape)}")


class RNN(_Layer, nn.RNN):  # type: ignore[misc]
    """`nn.RNN` (Elman, tanh) in one layer and direction."""

    cell = "rnn"


class LSTM(_Layer, nn.LSTM):  # type: ignore[misc]
    """`nn.LSTM` in one layer and direction."""

    cell = "lstm"


class GRU(_Layer, nn.GRU):  # type: ignore[misc]
    """`nn.GRU` in one layer and direction."""

    cell = "gru"
