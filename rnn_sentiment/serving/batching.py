"""Batch the requests that have arrived, without waiting for more."""

from __future__ import annotations

from queue import Empty, Queue
from typing import Any

from litserve import LitAPI
from litserve.loops.simple_loops import BatchedLoop
from litserve.transport.base import MessageTransport

PATIENCE = 1.0  # seconds between checks whether to go on


class EagerLoop(BatchedLoop):  # type: ignore[misc]
    """LitServe's loop over batches, but asleep while there are no requests.

    LitServe's own loop polls its queue a thousand times a second, or without a pause. Here, the
    first request ends the wait, and the requests queued behind it join its batch. While a batch is
    computed, requests for the next one queue up.
    """

    def get_batch_requests(
        self, lit_api: LitAPI, request_queue: Queue[Any], transport: MessageTransport
    ) -> tuple[list[Any], list[Any]]:
        """Wait for a request, and take those queued behind it."""
        try:
            first = request_queue.get(timeout=PATIENCE)
        except Empty:
            return [], []
        found: tuple[list[Any], list[Any]] = super().get_batch_requests(
            lit_api, _Begun(first, request_queue), transport
        )
        return found


class _Begun:
    """A queue whose first entry has already been taken."""

    def __init__(self, first: Any, rest: Queue[Any]) -> None:
        self.taken = [first]
        self.rest = rest

    def get_nowait(self) -> Any:
        """The next entry."""
        return self.taken.pop() if self.taken else self.rest.get_nowait()
