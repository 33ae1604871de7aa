"""Lengths checked for the compiled library."""

from __future__ import annotations

import torch
from torch import Tensor


def checked(lengths: Tensor | None, inputs: Tensor) -> Tensor | None:
    """Check lengths `(B,)` of `inputs (B, T, ...)`, since wrong ones would read foreign memory.

    Raises:
        ValueError: their number is not that of the rows, or one is not 0 to T.
    """
    if lengths is None:
        return None
    if lengths.shape != inputs.shape[:1]:
        raise ValueError(f"lengths must be ({len(inputs)},), not {tuple(lengths.shape)}")
    lengths = lengths.to("cpu", torch.int64).contiguous()
    if len(lengths):
        least, most = (int(end) for end in lengths.aminmax())
        if least < 0 or most > inputs.shape[1]:
            raise ValueError(f"lengths must be 0 to T = {inputs.shape[1]}, not {least} to {most}")
    return lengths
