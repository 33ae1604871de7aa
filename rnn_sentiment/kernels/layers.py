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
        input_size: features E of a step that come in.
        hidden_size: features H of a state.
        bias: with biases, two as in torch.
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

        Under autocast, products are of bfloat16 numbers and so are the answers, but what is
        carried from step to step is float32.

        Args:
            inputs: (B, T, E); what stands at padding is never read.
            lengths: (B,) tokens of each row, 0 to T; all T without them.
            reverse: read each row from its last token to its first; outputs stay in place.
            kept: (B, H), multiplies the state before it reaches the next step's gates, at every
                step (recurrent dropout: Gal & Ghahramani, 2016). What a GRU or LSTM carries past
                its gates is left whole. No gradient reaches it.
            initial: state (B, H), an LSTM's with its memory (B, H); zero without it.
            weight_hh: (gates * H, H), in place of the layer's own, as after dropout of weights
                (Merity et al., 2018).

        Returns:
            Outputs, zero at padding, and the state behind each row's last token, an LSTM's with
            its memory (None with lengths where torch's own layer is used: it does not tell).

        Raises:
            ValueError: for shapes or lengths that do not fit together.
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
        """Let torch's own layer read another recurrent weight."""
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
