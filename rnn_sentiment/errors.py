"""The exceptions that are no faults of the program."""


class UserError(ValueError):
    """A mistake in what the user gave: one line that says what, where and how to fix it.

    Commands print it as ``error: ...`` and exit with status 2; anything else that escapes is a
    fault of the program and keeps its traceback.
    """


class Interrupted(Exception):
    """The run was told to stop by a signal, Ctrl-C or SIGTERM.

    Args:
        signum: number of the signal.
        message: what was kept and how to go on.
    """

    def __init__(self, signum: int, message: str) -> None:
        super().__init__(message)
        self.signum = signum
