"""Optional packages: the extras."""

from __future__ import annotations

from importlib import import_module

from rnn_sentiment.errors import UserError


def need(what: str, extra: str, *packages: str) -> None:
    """Import packages, or say how to install them.

    Args:
        what: the command, or the key with its value, that needs them.
        extra: the extra that installs them.
        packages: import names of the packages.

    Raises:
        UserError: one of them, or one of their dependencies, is not installed.
    """
    for package in packages:
        try:
            import_module(package)
        except ImportError as error:
            missing = (error.name or package).partition(".")[0]
            raise UserError(
                f"{what} needs {missing}: pip install 'rnn_sentiment[{extra}]'"
            ) from error
