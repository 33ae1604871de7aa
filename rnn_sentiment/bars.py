"""How far a long reading is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm

EVERY = 30.0  # seconds from one line to the next


def is_watched() -> bool:
    """Whether a bar that is drawn again and again has a terminal to be drawn on."""
    return sys.stderr is not None and sys.stderr.isatty()


class Bar(tqdm):  # type: ignore[misc]
    """The bar of tqdm, which goes when it is done.

    Where standard error is no terminal, as in a file or under a scheduler of jobs, what takes
    longer than half a minute writes a line every half minute.

    Args:
        rows: what is counted as it passes, if anything is.
        more: of tqdm.
    """

    def __init__(self, rows: Any = None, **more: Any) -> None:
        self.is_watched = is_watched()
        if not self.is_watched:
            more |= {"delay": EVERY, "mininterval": EVERY, "maxinterval": EVERY}
        super().__init__(rows, leave=False, **more)

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Draw the bar, or write its line."""
        if self.is_watched:
            return bool(super().display(msg, pos))
        print(self, file=sys.stderr, flush=True)
        return True

    def clear(self, nolock: bool = False) -> None:
        """Make way for a line of another kind; lines need not."""
        if self.is_watched:
            super().clear(nolock)

    def refresh(self, nolock: bool = False, lock_args: Any = None) -> bool:
        """Draw the bar again after a line of another kind; lines are written when they are due."""
        if not self.is_watched and nolock:
            return True
        return bool(super().refresh(nolock, lock_args))

    def close(self) -> None:
        """Take the bar away; lines stay."""
        if not self.is_watched:
            self.last_print_t = float("-inf")  # tqdm then has nothing to take away
        super().close()
