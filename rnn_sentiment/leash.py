"""Run a command that ends with the process that started it: `leash PARENT COMMAND ...`.

A killed sweep can no longer stop its jobs, nor can the first process of a run stop the others. On
Linux, the kernel does it: it sends a process SIGTERM when its parent ends for any reason. Other
systems have no such signal; there, a killed sweep leaves its jobs running.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>; survives exec


def end_with_parent(parent: int) -> None:
    """Ask the kernel to send this process SIGTERM when its parent process ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before the kernel was asked
            sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
