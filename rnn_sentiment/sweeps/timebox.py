"""A time limit for batches of runs."""

from __future__ import annotations

import time


class TimeBox:
    """A time limit that no batch of runs should exceed.

    Args:
        minutes: the limit, starting now; None for no limit.
    """

    def __init__(self, minutes: float | None) -> None:
        self.seconds = float("inf") if minutes is None else 60 * minutes
        self.begin = self.last = time.monotonic()
        self.longest = 0.0

    def has_room(self) -> bool:
        """Whether a batch as long as the longest so far would end in time; called before each."""
        now = time.monotonic()
        self.longest, self.last = max(self.longest, now - self.last), now
        return now - self.begin + self.longest <= self.seconds
