"""Shares as people read them."""

from __future__ import annotations


def percentage(share: float | None, digits: int = 1) -> str:
    """A share in percent, with its sign: `0.5` is `50.0 %`; a dash where it is not known."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"
