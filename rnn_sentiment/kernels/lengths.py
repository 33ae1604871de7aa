"""Lengths as a compiled library may read them."""

from __future__ import annotations

import torch
from torch import Tensor


def checked(lengths: Tensor | None, inputs: Tensor) -> Tensor | None:
    """Lengths `(B,)` of `inputs (B, T, ...)` as a library reads them, which would read anywhere.

    Raises:
        ValueError: there are more or fewer than rows, or one is not 0 to T.
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
