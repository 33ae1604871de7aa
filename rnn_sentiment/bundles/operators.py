"""ONNX operators that hashed n-grams need and torch's exporter lacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.onnx import symbolic_helper

OPSET = 18  # the first version with bitwise operators


@contextmanager
def registered() -> Iterator[None]:
    """Register xor, and, right shift, and binary search with the exporter."""
    for name, write in OPERATORS.items():
        torch.onnx.register_custom_op_symbolic(f"aten::{name}", write, OPSET)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for name in OPERATORS:
            torch.onnx.unregister_custom_op_symbolic(f"aten::{name}", OPSET)  # type: ignore[attr-defined]


def exclusive_or(g: Any, left: Any, right: Any) -> Any:
    """`left ^ right` of integers."""
    return g.op("BitwiseXor", left, right)


def both(g: Any, left: Any, right: Any) -> Any:
    """`left & right` of booleans or integers."""
    if symbolic_helper._is_bool(left):
        return g.op("And", left, right)
    return g.op("BitwiseAnd", left, right)


def shift_right(g: Any, values: Any, by: Any) -> Any:
    """`values >> by` of integers, by division, since ONNX shifts only unsigned integers."""
    divisor = number(g, 2 ** symbolic_helper._get_const(by, "i", "by"))  # type: ignore[no-untyped-call]
    rest = g.op("Mod", values, divisor)  # has the sign of the divisor
    return g.op("Div", g.op("Sub", values, rest), divisor)


def search(g: Any, ascending: Any, values: Any, *defaults: Any) -> Any:
    """`torch.searchsorted`: how many of `ascending (N,)` are less than each value.

    A binary search for all values at once, halving the remaining range.
    """
    (size,) = symbolic_helper._get_tensor_sizes(ascending)
    found = g.op("Sub", values, values)  # zeros of the same shape
    for exponent in reversed(range(size.bit_length())):
        reached = g.op("Add", found, number(g, 2**exponent))
        place = g.op("Sub", g.op("Min", reached, number(g, size)), number(g, 1))
        is_less = g.op("Less", g.op("Gather", ascending, place), values)
        is_inside = g.op("LessOrEqual", reached, number(g, size))
        found = g.op("Where", g.op("And", is_less, is_inside), reached, found)
    return found


def number(g: Any, value: int) -> Any:
    """A constant."""
    return g.op("Constant", value_t=torch.tensor(value))


OPERATORS = {  # the exporter treats a trailing underscore as the mark of an in-place operator
    "__xor_": exclusive_or,
    "__and_": both,
    "__rshift_": shift_right,
    "searchsorted": search,
}
