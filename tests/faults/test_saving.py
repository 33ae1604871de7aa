"""A checkpoint that cannot be saved leaves the one before it, and one line that says why."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.errors import MachineError
from rnn_sentiment.training.checkpoint_io import AtomicCheckpointIO, size_of
from tests.faults.conftest import Mount

OLD, NEW = ({"state_dict": {"weight": torch.full((50_000,), n)}} for n in (1.0, 2.0))
save = AtomicCheckpointIO().save_checkpoint
load = load_checkpoint


@contextmanager
def limited(what: int, most: int) -> Iterator[None]:
    """Lower a limit of this process for a while."""
    before = resource.getrlimit(what)
    resource.setrlimit(what, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


def refused(file: Path, expected: str) -> None:
    """A new checkpoint is refused in these words, and the old one is kept."""
    with pytest.raises(MachineError, match=expected) as refusal:
        save(NEW, file)
    assert str(refusal.value).startswith(f"cannot write {file} ({size_of(NEW):,} bytes): ")
    assert "the previous one is kept" in str(refusal.value)
    assert torch.equal(load(file)["state_dict"]["weight"], OLD["state_dict"]["weight"])
    assert [each.name for each in file.parent.iterdir()] == [file.name]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "checkpoints" / "last.ckpt"
    save(OLD, found)
    return found


@pytest.mark.fault("a8")
def test_a_full_disk(mount: Mount):
    file = mount("-t", "tmpfs", "-o", "size=256k", "none") / "last.ckpt"
    save(OLD, file)
    refused(file, r"No space left on device, [\d,]+ bytes free.*; make room")


@pytest.mark.fault("a9")
def test_a_limit_on_the_size_of_files(file: Path):
    with limited(resource.RLIMIT_FSIZE, 100_000):
        refused(file, r"File too large \(the limit is 100,000 bytes\).*\(ulimit -f\)")


@pytest.mark.fault("a26")
def test_no_file_handle_left(file: Path):
    expected = r"Too many open files \(the limit is 3\).*ulimit -n"
    with limited(resource.RLIMIT_NOFILE, 3), pytest.raises(MachineError, match=expected):
        save(NEW, file)
    assert torch.equal(load(file)["state_dict"]["weight"], OLD["state_dict"]["weight"])


@pytest.mark.fault("a10")
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails(file: Path, monkeypatch: pytest.MonkeyPatch, call: str):
    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fail)
        refused(file, r"Input/output error.*; check the disk")


@pytest.mark.fault("a11")
def test_a_folder_that_has_become_read_only(file: Path, read_only: Callable[[Path], Path]):
    read_only(file.parent)
    refused(file, r"Read-only file system.*choose a writable folder")


@pytest.mark.fault("a30")
def test_a_run_folder_that_is_gone(tmp_path: Path):
    expected = "cannot write .*/gone/checkpoints/last.ckpt .*: its folder is gone"
    with pytest.raises(MachineError, match=expected):
        save(NEW, tmp_path / "gone" / "checkpoints" / "last.ckpt")


def test_an_error_of_torch_stays_one(file: Path):
    with pytest.raises(AttributeError, match="local object"):
        save({"function": lambda: None}, file)
    assert torch.equal(load(file)["state_dict"]["weight"], OLD["state_dict"]["weight"])
