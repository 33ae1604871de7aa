"""What the exporter lacks to write hashes of phrases as ONNX: integer arithmetic, and a search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.onnx.utils import register_custom_op_symbolic, unregister_custom_op_symbolic

OPSET = 18  # the first with operations on bits


@contextmanager
def exportable() -> Iterator[None]:
    """Teach the exporter these operations for a while."""
    for name, symbolic in SYMBOLICS.items():
        register_custom_op_symbolic(name, symbolic, OPSET)
    try:
        yield
    finally:
        for name in SYMBOLICS:
            unregister_custom_op_symbolic(name, OPSET)


def constant(g: Any, value: int) -> Any:
    """A number in the graph."""
    return g.op("Constant", value_t=torch.tensor(value))


def exclusive_or(g: Any, a: Any, b: Any) -> Any:
    """`a ^ b`."""
    return g.op("BitwiseXor", a, b)


def bitwise_and(g: Any, a: Any, b: Any) -> Any:
    """`a & b`, of truth values or of integers."""
    return g.op("And" if a.type().dtype() == torch.bool else "BitwiseAnd", a, b)


def shift(g: Any, a: Any, bits: Any) -> Any:
    """`a >> bits`, which is a division rounded down."""
    power = constant(g, 1 << int(bits.node().t("value")))
    return g.op("Div", g.op("Sub", a, g.op("Mod", a, power)), power)


def search(g: Any, ascending: Any, values: Any, *rest: Any) -> Any:
    """`torch.searchsorted(ascending, values)`: how many are smaller, by halving."""
    (length,) = ascending.type().sizes()
    smaller = g.op("Mul", values, constant(g, 0))
    for exponent in reversed(range(int(length).bit_length())):
        more = g.op("Add", smaller, constant(g, 1 << exponent))
        within = g.op("LessOrEqual", more, constant(g, length))
        last = g.op("Sub", g.op("Min", more, constant(g, length)), constant(g, 1))
        less = g.op("Less", g.op("Gather", ascending, last, axis_i=0), values)
        smaller = g.op("Where", g.op("And", within, less), more, smaller)
    return smaller


# By the names that the exporter looks up, which lack the last underscore of torch's.
SYMBOLICS: dict[str, Callable[..., Any]] = {
    "aten::__xor_": exclusive_or,
    "aten::__and_": bitwise_and,
    "aten::bitwise_and": bitwise_and,
    "aten::__rshift_": shift,
    "aten::searchsorted": search,
}
