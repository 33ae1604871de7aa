"""Shares formatted as percentages."""

from __future__ import annotations


def percentage(share: float | None, digits: int = 1) -> str:
    """Format a share as a percentage: `0.5` as `50.0 %`; a dash if it is unknown."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"
