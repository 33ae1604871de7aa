"""The exceptions that are no faults of the program."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class UserError(ValueError):
    """A mistake in what the user gave: one line that says what, where and how to fix it.

    Commands print it as ``error: ...`` and exit with status 2; anything else that escapes is a
    fault of the program and keeps its traceback.
    """


class MachineError(UserError):
    """The machine failed a command, by a full disk or too little memory: one line as well."""


Refuse = Callable[[UserError], None]  # what is done with a bad row: raise, or take note and go on


def stop(error: UserError) -> None:
    """Raise: the `Refuse` of a reader that stops at the first bad row."""
    try:
        raise error
    finally:
        del error  # or it would keep this frame, which keeps it, and with both the open file


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
    """Turn Ctrl-C, SIGTERM and their like into `Interrupted`, which Lightning lets through.

    While that is being handled, a second Ctrl-C ends the process at once; other signals wait. A
    signal that comes where Python drops exceptions, as in a destructor, is sent again.

    Args:
        kept: says, when it comes to that, what was kept and how to go on.
    """
    stopped = False

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal stopped
        if _hold.depth:
            _hold.signum = _hold.signum or signum
        elif not stopped:
            stopped = True
            raise Interrupted(signum, f"stopped by {signal.Signals(signum).name}; {kept()}")
        elif signum == signal.SIGINT:
            signal.signal(signum, signal.SIG_DFL)
            signal.raise_signal(signum)

    def again(dropped: Any) -> None:
        nonlocal stopped
        if isinstance(dropped.exc_value, Interrupted):  # raised in a destructor or callback
            stopped = False
            threading.Timer(0.01, os.kill, (os.getpid(), dropped.exc_value.signum)).start()
        else:
            hook(dropped)

    before = {s: signal.signal(s, stop) for s in stopping()}
    hook, sys.unraisablehook = sys.unraisablehook, again
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for signum, handler in before.items():
            signal.signal(signum, handler)


class _Hold:
    """How many blocks hold signals back, and which signal waits."""

    depth = 0
    signum: int | None = None


_hold = _Hold()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold signals back while a block runs whose middle is no place for `Interrupted`."""
    _hold.depth += 1
    try:
        yield
    finally:
        _hold.depth -= 1
    if not _hold.depth and _hold.signum is not None:
        signum, _hold.signum = _hold.signum, None
        signal.raise_signal(signum)


def stopping() -> list[signal.Signals]:
    """The signals that tell a run to stop; SIGUSR1 does so where Slurm sends it."""
    found = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        found.append(signal.SIGHUP)  # nohup has it ignored, and so do we
    if "SLURM_JOB_ID" in os.environ:
        found.append(signal.SIGUSR1)
    return found
