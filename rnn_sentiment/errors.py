"""The one exception that means "the user can mend this"."""


class UserError(ValueError):
    """A mistake in what the user gave: one line that says what, where and how to fix it.

    Commands print it as ``error: ...`` and exit with status 2; anything else that escapes is a
    fault of the program and keeps its traceback.
    """
