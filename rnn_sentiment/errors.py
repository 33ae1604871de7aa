"""Exceptions that are not bugs: mistakes of the user, failures of the machine, and stops."""

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
    """A mistake in the user's input: one line that says what is wrong, where, and how to fix it.

    Commands print it as ``error: ...`` and exit with status 2. Any other exception is a bug and
    keeps its traceback.
    """


class MachineError(UserError):
    """The machine made a command fail, such as a full disk or too little memory; also one line."""


Refuse = Callable[[UserError], None]  # handles a bad row: raise, or take note and go on


def stop(error: UserError) -> None:
    """Raise the error: the `Refuse` that stops at the first bad row."""
    try:
        raise error
    finally:
        del error  # breaks a reference cycle that would keep the file open


class Interrupted(BaseException):
    """The run was stopped by a signal: Ctrl-C or SIGTERM.

    It is not an `Exception`, so that libraries that catch those cannot turn a stop into an error.

    Args:
        signum: number of the signal.
        message: what was kept and how to continue.
    """

    def __init__(self, signum: int, message: str) -> None:
        super().__init__(message)
        self.signum = signum


@contextmanager
def interruptible(kept: Callable[[], str]) -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and similar signals into `Interrupted`, which Lightning lets through.

    While that is handled, a second Ctrl-C ends the process at once; other signals wait. A signal
    that arrives where Python drops exceptions, such as in a destructor, is sent again.

    Args:
        kept: called on a stop; says what was kept and how to continue.
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
    """How many blocks are deferring signals, and which signal is pending."""

    depth = 0
    signum: int | None = None


_hold = _Hold()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Defer signals while a block runs that must not be interrupted."""
    _hold.depth += 1
    try:
        yield
    finally:
        _hold.depth -= 1
    if not _hold.depth and _hold.signum is not None:
        signum, _hold.signum = _hold.signum, None
        signal.raise_signal(signum)


def stopping() -> list[signal.Signals]:
    """The signals that stop a run; SIGUSR1 does so under Slurm."""
    found = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        found.append(signal.SIGHUP)  # nohup ignores it, and so do we
    if "SLURM_JOB_ID" in os.environ:
        found.append(signal.SIGUSR1)
    return found
