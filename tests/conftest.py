"""A small demo corpus, a cache of its own, and the commands as a user calls them."""

from __future__ import annotations

import os

# Read as OpenMP and torch load, so before any import of them. Threads that spin while they wait
# keep the processor from the tests beside them.
os.environ.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive")

import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import hypothesis
import pytest

from tests import preloaded

# How long an example takes says more about what else the machine does than about the code.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

SECRET = "hf_aSecretThatNoFileMayHold"
Command = Callable[..., subprocess.CompletedProcess[str]]

# The smallest run that still trains: a second or two beside the imports.
TINY = (
    "data.fingerprint=null",
    "data.batch_size=32",
    "embedding.dim=8",
    "trainer.precision=32-true",
    "trainer.max_epochs=2",
    "callbacks.pictures=null",
)


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call tests slow that start a command; write the battery's rows that a test is about."""
    for item in items:
        if {"preloaded_python", "run_fresh"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
        rows = [row for mark in item.iter_markers("fault") for row in mark.args]
        item.user_properties += [("fault", row) for row in rows]


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Path]:
    """A cache of this session's own; only compiled kernels are kept for the next session."""
    folder = tmp_path_factory.mktemp("cache")
    assert pytestconfig.cache
    (folder / "kernels").symlink_to(pytestconfig.cache.mkdir("kernels"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNN_SENTIMENT_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from rnn_sentiment.data.sources import demo_reviews  # not needed by xdist's own process

    return demo_reviews.write(
        tmp_path_factory.mktemp("corpus"), num_train=300, num_test=200, seed=0
    )


@pytest.fixture
def environment() -> dict[str, str]:
    return dict(os.environ)


SHARED = "PRELOADED_PYTHON"  # names the launcher that all of xdist's workers use


def pytest_configure(config: pytest.Config) -> None:
    """Start one preloaded Python for all of xdist's workers, before these begin to import."""
    if getattr(config.option, "numprocesses", None) and SHARED not in os.environ:
        stack = ExitStack()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="python-")))
        os.environ[SHARED] = str(stack.enter_context(started(folder)))
        config.add_cleanup(stack.close)


@pytest.fixture(scope="session")
def preloaded_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Stands in for `python -m rnn_sentiment.NAME`, without the seconds of its imports."""
    with ExitStack() as stack:
        if SHARED in os.environ:
            launcher = Path(os.environ[SHARED])
        else:
            launcher = stack.enter_context(started(tmp_path_factory.mktemp("python")))
        patience = time.monotonic() + 120  # seconds
        while not (launcher.parent / "socket").exists():
            assert time.monotonic() < patience, (launcher.parent / "log").read_text()
            time.sleep(0.05)
        yield launcher


@contextmanager
def started(folder: Path) -> Iterator[Path]:
    """Start a preloaded Python in a folder; its launcher is of use a little later."""
    address, launcher, log = folder / "socket", folder / "python", folder / "log"
    script = [sys.executable, "-IS", preloaded.__file__, "call", str(address)]
    launcher.write_text(f'#!/bin/sh\nexec {shlex.join(script)} "$@"\n')
    launcher.chmod(0o755)
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, preloaded.__file__, "serve", str(address), str(launcher)],
            stdin=subprocess.PIPE, stdout=output, stderr=output,
        ) as server,
    ):  # fmt: skip
        yield launcher
        server.communicate()  # closes its input, at which it ends


@pytest.fixture
def run(preloaded_python: Path, environment: dict[str, str], tmp_path: Path) -> Command:
    """Call `python -m rnn_sentiment.NAME ARGUMENTS` in an empty folder."""
    return caller(preloaded_python, environment, tmp_path)


@pytest.fixture
def run_fresh(environment: dict[str, str], tmp_path: Path) -> Command:
    """The same in an interpreter that has imported nothing yet."""
    return caller(Path(sys.executable), environment, tmp_path)


def caller(python: Path, environment: dict[str, str], folder: Path) -> Command:
    def call(
        name: str, *arguments: str, cwd: Path = folder, **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(python), "-m", f"rnn_sentiment.{name}", *arguments],
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**environment, **more},
            timeout=300,
        )

    return call


@pytest.fixture(scope="session")
def finished_run(
    preloaded_python: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a small GRU that was trained and scored on `corpus`; for reading only."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    train = caller(preloaded_python, {**os.environ, "HF_TOKEN": SECRET}, corpus)
    done = train(
        "train", "model=gru", "model.hidden_size=8", f"data.path={corpus}", *TINY,
        f"hydra.run.dir={folder}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    return folder
