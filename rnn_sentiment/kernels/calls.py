"""Call the compiled library, whose functions take one structure of numbers and arrays each."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor

from rnn_sentiment.kernels.build import library


def structure(name: str, numbers: str, arrays: str) -> type[ctypes.Structure]:
    """The argument of a function of the library: integers, then addresses of arrays."""
    fields = (
        *((field, ctypes.c_int64) for field in numbers.split()),
        *((field, ctypes.c_void_p) for field in arrays.split()),
    )
    return type(name, (ctypes.Structure,), {"_fields_": fields})


def run(
    function: str,
    kind: type[ctypes.Structure],
    **given: int | Tensor | ctypes.Array[Any] | None,
) -> None:
    """Call a function of the library on as many threads as torch uses.

    Args:
        function: its name.
        kind: the structure that it takes.
        given: its fields except `threads`; arrays as contiguous tensors, or as
            arrays of structures.

    Raises:
        MemoryError: it could not allocate its working memory.
    """
    told = kind(threads=torch.get_num_threads(), **{n: _plain(v) for n, v in given.items()})
    if getattr(library(), function)(ctypes.byref(told)):
        raise MemoryError("no memory for a kernel's copy of its weights")


def _plain(value: int | Tensor | ctypes.Array[Any] | None) -> int | None:
    """A number, or an address."""
    if isinstance(value, Tensor):
        return value.data_ptr()
    return ctypes.addressof(value) if isinstance(value, ctypes.Array) else value
