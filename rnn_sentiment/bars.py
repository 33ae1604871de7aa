"""Progress of long reads: a bar in a terminal, an occasional line elsewhere."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm

EVERY = 30.0  # seconds from one line to the next


def is_watched() -> bool:
    """Whether standard error is a terminal, where a bar can be redrawn."""
    return sys.stderr is not None and sys.stderr.isatty()


class Bar(tqdm):  # type: ignore[misc]
    """A tqdm bar that disappears when it is done.

    Where standard error is not a terminal, such as in a log file or a batch job, anything that
    takes longer than half a minute prints a line every half minute instead.

    Args:
        rows: the iterable to count, if any.
        more: further arguments of tqdm.
    """

    def __init__(self, rows: Any = None, **more: Any) -> None:
        self.is_watched = is_watched()
        if not self.is_watched:
            more |= {"delay": EVERY, "mininterval": EVERY, "maxinterval": EVERY}
        super().__init__(rows, leave=False, **more)

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Draw the bar, or print its line."""
        if self.is_watched:
            return bool(super().display(msg, pos))
        print(self, file=sys.stderr, flush=True)
        return True

    def clear(self, nolock: bool = False) -> None:
        """Make room for other output; printed lines stay."""
        if self.is_watched:
            super().clear(nolock)

    def refresh(self, nolock: bool = False, lock_args: Any = None) -> bool:
        """Redraw the bar after other output; lines are printed only when they are due."""
        if not self.is_watched and nolock:
            return True
        return bool(super().refresh(nolock, lock_args))

    def close(self) -> None:
        """Remove the bar; printed lines stay."""
        if not self.is_watched:
            self.last_print_t = float("-inf")  # tqdm then has nothing to remove
        super().close()
