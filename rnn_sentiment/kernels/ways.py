"""How layers are computed on the CPU, for the whole process."""

from __future__ import annotations

import functools
import logging
import threading
from typing import Literal, get_args

import torch
from torch import Tensor

from rnn_sentiment.errors import UserError
from rnn_sentiment.kernels.build import BuildError, library

log = logging.getLogger(__name__)

Way = Literal["compiled", "torch", "stock"]
Choice = Literal["auto", "compiled", "torch", "stock"]

_chosen: Choice = "auto"
_searching = threading.Lock()


def use(choice: Choice) -> None:
    """Choose how layers are computed from now on.

    Args:
        choice: `compiled`, the library built from the package's C++; `torch`, plain torch with
            one backward pass; `stock`, torch's own layers; `auto`, compiled if that can be
            built, else torch.

    Raises:
        UserError: the choice is unknown, or `compiled` is not available.
    """
    global _chosen
    if choice not in get_args(Choice):
        raise UserError(f"kernels must be one of {', '.join(get_args(Choice))}, not {choice!r}")
    if choice == "compiled":
        try:
            library()
        except BuildError as error:
            raise UserError(
                f"kernels=compiled is not available: {error}; kernels=auto falls back to plain "
                "torch"
            ) from error
    _chosen = choice


def prepare() -> None:
    """Find or compile the library in the background: the first time, that takes a while."""
    if _chosen == "auto":
        threading.Thread(target=_obstacle, daemon=True).start()


def in_use(device: torch.device | str = "cpu") -> str:
    """The way layers are computed on `device`, and the reason if `auto` fell back on it."""
    if torch.device(device).type != "cpu":
        return "stock"
    reason = _obstacle() if _chosen == "auto" else ""
    return f"torch ({reason})" if reason else way(torch.device("cpu"), torch.float32)


def way(device: torch.device, dtype: torch.dtype) -> Way:
    """The way that products of `dtype` numbers on `device` are computed."""
    if device.type != "cpu" or dtype not in (torch.float32, torch.bfloat16, torch.float64):
        return "stock"
    if torch.compiler.is_compiling() or torch._C._is_tracing():
        return "stock"  # an exported model knows torch's operations only
    if _chosen in ("torch", "stock"):
        return _chosen
    if dtype == torch.float64:
        return "torch"
    return "torch" if _chosen == "auto" and _obstacle() else "compiled"


def product_type(values: Tensor) -> torch.dtype:
    """The type in which products of `values` are computed: autocast's, if that is on.

    Autocast does not change float64.
    """
    device = values.device.type
    if values.dtype == torch.float64 or not torch.is_autocast_enabled(device):
        return values.dtype
    return torch.get_autocast_dtype(device)


def _obstacle() -> str:
    """Why there are no compiled kernels; empty if there are."""
    with _searching:
        return _search()


@functools.cache
def _search() -> str:
    try:
        library()
    except BuildError as error:
        log.warning("%s: layers are computed in plain torch, which is slower", error)
        return str(error)
    return ""
