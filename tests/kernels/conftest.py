"""Every test leaves the process's way of computing layers as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rnn_sentiment import kernels
from rnn_sentiment.errors import UserError
from rnn_sentiment.kernels import build, ways


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "_chosen", "auto")


@pytest.fixture
def _forgotten() -> Iterator[None]:
    """What was found of a compiler and a library, before the test and after it."""
    build._find.cache_clear()
    ways._search.cache_clear()
    yield
    build._find.cache_clear()
    ways._search.cache_clear()


@pytest.fixture(params=["compiled", "torch", "stock"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each way that this machine has."""
    try:
        kernels.use(request.param)
    except UserError as error:
        pytest.skip(str(error))
    return request.param


@pytest.fixture
def compiled() -> None:
    """The compiled way, or the test is skipped."""
    try:
        kernels.use("compiled")
    except UserError as error:
        pytest.skip(str(error))
