"""How long a call takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any


def milliseconds(predict: Callable[[Any], object], texts: Any) -> float:
    """The median time in which `predict` answers one text, of a sequence that can be sliced."""
    times = []
    for number in range(len(texts)):
        started = time.perf_counter()
        predict(texts[number : number + 1])
        times.append(time.perf_counter() - started)
    return 1000 * median(times)
