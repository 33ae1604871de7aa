"""File systems that fail, and runs in this process to fail on them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from omegaconf import DictConfig

from tests.training.test_resume import MODELS, configuration

Mount = Callable[..., Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mount a file system: `mount("-t", "tmpfs", ...)` answers with its folder."""
    mounted: list[Path] = []

    def call(*options: str | Path, at: Path | None = None) -> Path:
        target = at or tmp_path / "mounted"
        target.mkdir(exist_ok=True)
        done = subprocess.run(["mount", *options, target], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"cannot mount here: {done.stderr.strip()}")
        if target not in mounted:
            mounted.append(target)
        return target

    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root can mount")
    yield call
    for target in mounted:
        subprocess.run(["umount", "--recursive", target], check=True)


@pytest.fixture
def read_only(mount: Mount) -> Callable[[Path], Path]:
    """Make a folder read-only, also for root."""

    def call(folder: Path) -> Path:
        mount("--bind", folder, at=folder)
        return mount("-o", "remount,bind,ro", at=folder)

    return call


@pytest.fixture
def cfg(corpus: Path, cache: Path) -> DictConfig:
    """A small GRU over three epochs of three steps."""
    return configuration(corpus, cache, *MODELS["gru"])
