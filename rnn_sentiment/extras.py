"""Packages that not every installation has: the extras."""

from __future__ import annotations

from importlib import import_module

from rnn_sentiment.errors import UserError


def need(what: str, extra: str, *packages: str) -> None:
    """Import packages, or say how to install them.

    Args:
        what: needs them, as a command or a key with its value.
        extra: that installs them.
        packages: by the names under which they are imported.

    Raises:
        UserError: one of them, or one that they need, is not installed.
    """
    for package in packages:
        try:
            import_module(package)
        except ImportError as error:
            missing = (error.name or package).partition(".")[0]
            raise UserError(
                f"{what} needs {missing}: pip install 'rnn_sentiment[{extra}]'"
            ) from error
