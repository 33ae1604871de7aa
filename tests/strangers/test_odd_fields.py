"""Files of a run with values of another type, deep, unfolding or endless: one line each."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from rnn_sentiment import manifest
from tests.strangers.conftest import READERS, outcome, refusal
from tests.strangers.test_canaries import TEXTS, places, put

ODD: list[Any] = [
    *(None, [], {}, "x", -1, 10**12, True, 1e308, float("nan"), [[]], {"a": 1}, "", "../../x"),
    *("\0", [1], "\x1b[31m", "x" * 5000),
]


def check_types(name: str, complete: Path, tmp_path: Path, most: int) -> None:
    """Each reader answers or refuses, as `outcome` says; a report leaves the run out."""
    load, dump, readers = TEXTS[name]
    stated = load((complete / name).read_text())
    cases = [(path, value) for path in places(stated) for value in ODD]
    chosen = random.Random(name).sample(cases, min(most, len(cases)))
    for number, (path, value) in enumerate(chosen):
        folder = tmp_path / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(complete, folder)
        (folder / name).write_text(dump(put(stated, path, value)))
        manifest.seal(folder)
        outcome(READERS[readers[number % len(readers)]], folder)


@pytest.mark.battery
@pytest.mark.fault("d4")
@pytest.mark.parametrize("name", TEXTS)
def test_every_value_of_another_type(name, complete, tmp_path):
    check_types(name, complete, tmp_path, most=300)


CONTENTS = {
    "deep lists": "[" * 100_000,
    "deep objects": '{"a":' * 100_000,
    "deep and closed": "[" * 500 + "]" * 500,
    "a long number": "1" * 6000,
    "bytes": "\x00\x01",
    "nothing": "",
}


@pytest.mark.fault("d6")
@pytest.mark.parametrize("what", CONTENTS)
@pytest.mark.parametrize("name", [*TEXTS, "manifest.json"])
def test_what_is_no_file_of_ours_is_one_line(name, what, run_folder):
    (run_folder / name).write_text(CONTENTS[what])
    if name != "manifest.json":
        manifest.seal(run_folder)
    reader = TEXTS[name][2][0] if name in TEXTS else "predict"
    if reader == "report":
        found, left_out = READERS[reader](run_folder)
        assert not found
        assert name in left_out[0].reason
    elif reader != "resume":
        line = refusal(READERS[reader], run_folder)
        assert name in line or what == "nothing"  # an empty configuration lacks its sections


ALIASES = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, 30)
)


@pytest.mark.fault("d7")
@pytest.mark.parametrize("name", ["config", "overrides"])
def test_aliases_that_unfold_are_refused(name, run_folder):
    (run_folder / ".hydra" / f"{name}.yaml").write_text(ALIASES)
    manifest.seal(run_folder)
    _, left_out = READERS["report"](run_folder)
    assert f"{name}.yaml cannot be read: it holds an alias" in left_out[0].reason


@pytest.mark.fault("d7")
def test_a_configuration_that_takes_minutes_to_read_is_refused(run_folder):
    (run_folder / manifest.CONFIG).write_text("".join(f"k{i}: {i}\n" for i in range(30_000)))
    manifest.seal(run_folder)
    assert "bytes; at most 262,144 are read" in refusal(READERS["predict"], run_folder)
