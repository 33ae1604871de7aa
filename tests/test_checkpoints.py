"""A checkpoint is whole or absent, and what is read is what was written."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.errors import Interrupted, MachineError, UserError
from rnn_sentiment.training.checkpoint_io import AtomicCheckpointIO

CONTENTS: dict[str, Any] = {
    "state_dict": {"weight": torch.arange(300.0).reshape(3, 100), "ids": torch.arange(4)},
    "epoch": 3,
    "callbacks": {"History": {"rows": [{"epoch": 0, "val/loss": 0.5}]}},
    "nothing": None,
}


def write(folder: Path, contents: dict[str, Any] = CONTENTS) -> Path:
    file = folder / "checkpoints" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint(contents, file)
    return file


def assert_holds(file: Path, contents: dict[str, Any] = CONTENTS) -> None:
    found = load_checkpoint(file)
    assert_close(found.pop("state_dict"), contents["state_dict"], rtol=0, atol=0)
    assert found == {name: value for name, value in contents.items() if name != "state_dict"}


def test_what_is_written_is_read(tmp_path):
    assert_holds(write(tmp_path))
    assert_holds(write(tmp_path, CONTENTS | {"epoch": 4}), CONTENTS | {"epoch": 4})


@pytest.mark.parametrize("stop", [OSError(28, "No space left"), Interrupted(15, "stopped")])
@pytest.mark.parametrize("step", ["torch.save", "os.fsync", "os.replace"])
def test_a_writer_that_is_stopped_leaves_the_previous_checkpoint(tmp_path, monkeypatch, step, stop):
    file = write(tmp_path)
    module, name = step.split(".")

    def stops(*arguments: Any) -> None:
        if step == "torch.save":
            arguments[1].write(b"half of it")
        raise stop

    with monkeypatch.context() as patch:
        patch.setattr({"torch": torch, "os": os}[module], name, stops)
        with pytest.raises((OSError, MachineError, Interrupted)):
            write(tmp_path, CONTENTS | {"epoch": 4})
    assert_holds(file)
    assert os.listdir(file.parent) == ["last.ckpt"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("written"))


@pytest.mark.fault("d2")
@settings(max_examples=200)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_changes_nothing(where, bit, written):
    contents = bytearray(written.read_bytes())
    contents[int(where * len(contents))] ^= 1 << bit
    file = written.with_name("flipped.ckpt")
    file.write_bytes(contents)
    try:
        assert_holds(file)
    except UserError as error:
        line = str(error)
    else:
        return
    assert "is damaged" in line
    assert "\n" not in line


@pytest.mark.parametrize("entry", range(8))
def test_an_entry_that_became_a_folder_is_refused(entry, written):
    # One flipped bit of the directory: the checksums hold, and PyTorch reads no byte of the entry.
    contents, file = bytearray(written.read_bytes()), written.with_name("folder.ckpt")
    start = [found.start() for found in re.finditer(rb"PK\x01\x02", contents)][entry]
    contents[start + 38] ^= 0x10
    file.write_bytes(contents)
    with pytest.raises(UserError, match="it marks a file as a folder"):
        assert_holds(file)


@pytest.mark.fault("b58", "b59", "b60")
@settings(max_examples=30)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_that_was_cut_short_is_refused(share, written):
    contents, file = written.read_bytes(), written.with_name("cut.ckpt")
    file.write_bytes(contents[: int(share * len(contents))])
    with pytest.raises(UserError, match="is damaged"):
        load_checkpoint(file)


@pytest.mark.fault("b56")
def test_a_checkpoint_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"best\.ckpt: no such checkpoint"):
        load_checkpoint(tmp_path / "best.ckpt")


class Attack:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


@pytest.mark.fault("b63", "s1")
@pytest.mark.parametrize("weights_only", [True, False, None])
def test_nothing_in_a_checkpoint_is_executed(tmp_path, weights_only):
    file = write(tmp_path, {"state_dict": Attack(tmp_path / "executed")})
    with pytest.raises(UserError, match="more than tensors and plain values"):
        AtomicCheckpointIO().load_checkpoint(file, weights_only=weights_only)
    assert not (tmp_path / "executed").exists()
