"""Recurrences whose gates do not depend on the state: from sums at all tokens to outputs.

The compiled kernel does everything in one pass over the sums. In plain torch, gates are computed
for all tokens at once, before or after the recurrence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from rnn_sentiment.kernels import native_parallel
from rnn_sentiment.kernels.lengths import checked
from rnn_sentiment.kernels.scan import scan
from rnn_sentiment.kernels.ways import way

GatedName = Literal["mingru", "minlstm", "qrnn"]
Gates = Callable[..., tuple[Tensor, Tensor, Tensor | None]]


def gated(
    cell: GatedName,
    sums: Tensor,
    lengths: Tensor | None = None,
    reverse: bool = False,
    initial: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Run a gated cell over the inputs' contributions to its gates.

    Args:
        cell: `mingru` or `minlstm` (Feng et al., 2024), or `qrnn` with fo-pooling (Bradbury et
            al., 2017).
        sums: (B, T, gates * H): update and new (minGRU), forget, input and new (minLSTM), or new,
            forget and output (QRNN). States are carried in float32 even if these are bfloat16.
        lengths: (B,) tokens of each row; all T without them.
        reverse: read each row from its last token to its first; outputs stay in place.
        initial: (B, H) before the first token; zero by default.

    Returns:
        Outputs `(B, T, H)`, zero at padding, of the sums' type, and the state after each row's
        last token, at least float32.
    """
    size = sums.shape[2] // NUM_GATES[cell]
    if _is_compiled(sums):
        lengths = checked(lengths, sums)
        initial = None if initial is None else initial.float()
        return native_parallel.compute(cell, sums, size, lengths, reverse, initial)
    own = torch.promote_types(sums.dtype, torch.float32)
    keep, values, shown = GATES[cell](*sums.to(own).chunk(NUM_GATES[cell], dim=2))
    initial = None if initial is None else initial.to(own)
    states, final = scan(keep, values, lengths, reverse, initial)
    return (states if shown is None else states * shown).to(sums.dtype), final


def turning(
    decay: Tensor,
    values: Tensor,
    lengths: Tensor | None = None,
    reverse: bool = False,
    initial: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Run complex states that rotate and shrink by the same factor at every step.

    Args:
        decay: (H,) complex.
        values: (B, T, 2 * H), alternating real and imaginary parts, of any real type.
        lengths: (B,) tokens of each row; all T without them.
        reverse: read each row from its last token to its first; states stay in place.
        initial: (B, H) complex before the first token; zero by default.

    Returns:
        States `(B, T, 2 * H)`, zero at padding, of the values' type, and the complex one after
        each row's last token.
    """
    if _is_compiled(values):
        lengths = checked(lengths, values)
        first = None if initial is None else torch.view_as_real(initial).flatten(1)
        factors = torch.view_as_real(decay).flatten()
        states, final = native_parallel.compute(
            "turning", values, len(factors), lengths, reverse, first, factors
        )
        return states, torch.view_as_complex(final.reshape(len(final), -1, 2))
    given = values.to(decay.real.dtype).reshape(*values.shape[:2], -1, 2)
    states, final = scan(decay, torch.view_as_complex(given), lengths, reverse, initial)
    return torch.view_as_real(states).flatten(2).to(values.dtype), final


def _is_compiled(sums: Tensor) -> bool:
    return way(sums.device, sums.dtype) == "compiled"


def _mingru(update: Tensor, new: Tensor) -> tuple[Tensor, Tensor, None]:
    return torch.sigmoid(-update), torch.sigmoid(update) * new, None


def _minlstm(forget: Tensor, write: Tensor, new: Tensor) -> tuple[Tensor, Tensor, None]:
    # f / (f + i) of two sigmoids, which both may be too small to divide.
    ratio = F.softplus(-write) - F.softplus(-forget)
    return torch.sigmoid(ratio), torch.sigmoid(-ratio) * new, None


def _qrnn(new: Tensor, forget: Tensor, show: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return torch.sigmoid(forget), torch.sigmoid(-forget) * torch.tanh(new), torch.sigmoid(show)


GATES: dict[GatedName, Gates] = {"mingru": _mingru, "minlstm": _minlstm, "qrnn": _qrnn}
NUM_GATES: dict[GatedName, int] = {"mingru": 2, "minlstm": 3, "qrnn": 3}
