"""The exceptions that are no faults of the program."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class UserError(ValueError):
    """A mistake in what the user gave: one line that says what, where and how to fix it.

    Commands print it as ``error: ...`` and exit with status 2; anything else that escapes is a
    fault of the program and keeps its traceback.
    """


class Interrupted(BaseException):
    """The run was told to stop by a signal, Ctrl-C or SIGTERM.

    No `Exception`: libraries that wrap those must not turn a stop into an error.

    Args:
        signum: number of the signal.
        message: what was kept and how to go on.
    """

    def __init__(self, signum: int, message: str) -> None:
        super().__init__(message)
        self.signum = signum


@contextmanager
def interruptible(kept: Callable[[], str]) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into `Interrupted`, which Lightning lets through.

    Args:
        kept: says, when it comes to that, what was kept and how to go on.
    """

    def stop(signum: int, frame: FrameType | None) -> None:
        raise Interrupted(signum, f"stopped by {signal.Signals(signum).name}; {kept()}")

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
