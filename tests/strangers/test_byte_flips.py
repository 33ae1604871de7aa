"""One wrong bit in any file of a run is refused, or changes nothing."""

from __future__ import annotations

import functools
import random
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig

from rnn_sentiment import manifest
from rnn_sentiment.configuration import compose
from rnn_sentiment.training.run import resumed_config
from tests.strangers.conftest import READERS, outcome

pytestmark = pytest.mark.fault("d2")


@functools.cache
def command_line() -> DictConfig:
    return compose("resume=run")


def take_up(folder: Path) -> Any:
    """What `resume` reads of a run before it trains."""
    return resumed_config(folder, command_line(), [])


ALL = {**READERS, "resume": take_up}
FILES = {
    ".hydra/config.yaml": ("predict", "evaluate", "report", "resume"),
    ".hydra/overrides.yaml": ("report",),
    "corpus.json": ("predict", "evaluate", "resume"),
    "embedding.json": ("resume",),
    "results.json": ("evaluate", "report"),
    "gradient_flow.json": ("report",),
    "manifest.json": ("predict", "evaluate", "report", "resume"),
    "tokenizer.json": ("predict", "neighbours", "resume"),
    "predictions.parquet": ("report",),
    "perturbations.parquet": ("report",),
    "initial_vectors.npy": ("neighbours",),
    "checkpoints/best.ckpt": ("predict", "neighbours"),
}
SMALL = 8_000  # bytes of which every one is flipped


@contextmanager
def flipped(file: Path, place: int, bit: int) -> Iterator[None]:
    before = file.read_bytes()
    contents = bytearray(before)
    contents[place] ^= 1 << bit
    file.write_bytes(contents)
    yield
    file.write_bytes(before)


def flips(size: int, most: int) -> Iterator[tuple[int, int]]:
    """Places and bits: of every byte, or of so many as a seed chooses."""
    chosen = random.Random(size)
    places = range(size) if size <= most else sorted(chosen.sample(range(size), most))
    for place in places:
        yield place, chosen.randrange(8)


def check_flips(name: str, folder: Path, most: int) -> None:
    expected = {reader: repr(outcome(ALL[reader], folder)) for reader in FILES[name]}
    for place, bit in flips((folder / name).stat().st_size, most):
        with flipped(folder / name, place, bit):
            for reader in FILES[name]:
                kind, answer = outcome(ALL[reader], folder)
                if reader == "report" and kind == "answer" and not answer[0]:
                    kind = "refused"  # left out of the report, with the reason
                assert kind == "refused" or repr((kind, answer)) == expected[reader], (place, bit)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_refused_or_changes_nothing(name, run_folder):
    check_flips(name, run_folder, most=3)


@pytest.mark.battery
@pytest.mark.parametrize("name", FILES)
def test_every_flipped_byte_is_refused_or_changes_nothing(name, run_folder):
    size = (run_folder / name).stat().st_size
    check_flips(name, run_folder, most=SMALL if size <= SMALL else 500)


def check_resealed(name: str, folder: Path, most: int) -> None:
    """What a stranger has changed and sealed gives an answer or a line, as `outcome` says."""
    for place, bit in flips((folder / name).stat().st_size, most):
        with flipped(folder / name, place, bit):
            manifest.seal(folder)
            for reader in FILES[name]:
                outcome(ALL[reader], folder)


RESEALED = [name for name in FILES if name != "manifest.json"]


@pytest.mark.battery
@pytest.mark.parametrize("name", RESEALED)
def test_no_flipped_byte_that_was_sealed_is_a_traceback(name, run_folder):
    check_resealed(name, run_folder, most=400)


def rewrite_pickle(file: Path, place: int, byte: int) -> None:
    """Change one byte of a checkpoint's pickle, with checksums that fit."""
    with zipfile.ZipFile(file) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, contents in entries.items():
            if name.endswith("data.pkl"):
                place %= len(contents)
                contents = contents[:place] + bytes([byte]) + contents[place + 1 :]
            archive.writestr(name, contents)


def check_pickles(folder: Path, tries: int) -> None:
    file = folder / "checkpoints" / "best.ckpt"
    before, chosen = file.read_bytes(), random.Random(0)
    for _ in range(tries):
        rewrite_pickle(file, chosen.randrange(1 << 30), chosen.randrange(256))
        manifest.seal(folder)
        outcome(ALL["predict"], folder)
        outcome(ALL["neighbours"], folder)
        file.write_bytes(before)


@pytest.mark.battery
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")  # torch goes on, and so may we
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_no_changed_pickle_is_a_traceback(run_folder):
    check_pickles(run_folder, 1000)
