"""Whether one more batch of runs would still end in time."""

from __future__ import annotations

import time


class TimeBox:
    """Minutes for batches of runs, of which none should end later.

    Args:
        minutes: from now on; None for no limit.
    """

    def __init__(self, minutes: float | None) -> None:
        self.seconds = float("inf") if minutes is None else 60 * minutes
        self.begin = self.last = time.monotonic()
        self.longest = 0.0

    def has_room(self) -> bool:
        """Whether a batch as long as the longest so far would end in time; asked before each."""
        now = time.monotonic()
        self.longest, self.last = max(self.longest, now - self.last), now
        return now - self.begin + self.longest <= self.seconds
