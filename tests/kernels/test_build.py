"""The library is built once, also by two at a time, and again where it is damaged."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from rnn_sentiment import kernels
from rnn_sentiment.kernels import build

SCRIPT = """
import logging
logging.basicConfig(level=logging.INFO, format="%(message)s")
from rnn_sentiment import kernels
print(kernels.in_use())
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A cache of its own, and a compiler that counts its builds and hurries."""
    try:
        compiler = build.find_compiler()
    except build.BuildError as error:
        pytest.skip(str(error))
    script = tmp_path / "compiler"
    script.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] || echo built >> {tmp_path}/builds\n'
        f'exec {" ".join(compiler)} "$@" -O0\n'
    )
    script.chmod(0o755)
    return {
        **os.environ,
        "CXX": str(script),
        "RNN_SENTIMENT_CACHE": str(tmp_path / "cache"),
        "OMP_NUM_THREADS": "1",
    }


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def says(environment: dict[str, str]) -> list[str]:
    return start(environment).communicate(timeout=200)[0].splitlines()


@pytest.mark.slow
def test_two_that_build_at_once_build_once(environment, tmp_path):
    both = [start(environment) for _ in range(2)]
    lines = [one.communicate(timeout=200)[0].splitlines() for one in both]
    assert [one[-1] for one in lines] == ["compiled", "compiled"]
    said = [line for one in lines for line in one[:-1]]
    assert len(said) == 1
    assert re.fullmatch(r"compiled the CPU kernels in \d+\.\d s \(kept in .*kernels\)", said[0])
    assert (tmp_path / "builds").read_text() == "built\n"


@pytest.mark.slow
def test_a_damaged_library_is_built_again(environment, tmp_path):
    assert says(environment)[-1] == "compiled"
    (library,) = (tmp_path / "cache" / "kernels").glob("*.so")
    whole = library.read_bytes()
    library.write_bytes(whole[: len(whole) // 2])
    assert says(environment)[-1] == "compiled"
    assert len(library.read_bytes()) == len(whole)
    library.write_bytes(b"no library")
    library.with_suffix(".sha256").write_text(hashlib.sha256(b"no library").hexdigest())
    lines = says(environment)
    assert "does not load" in lines[0]
    assert lines[-1] == "compiled"
    assert (tmp_path / "builds").read_text() == "built\n" * 3


@pytest.mark.usefixtures("_forgotten")
@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("false", "false ended with status 1"),
        ("/nowhere/compiler", "does not run"),
        ("sh -c 'echo fatal error: no headers >&2; exit 3'", "fatal error: no headers"),
    ],
)
def test_a_build_that_fails_leaves_plain_torch(command, reason, monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("CXX", command)
    monkeypatch.setenv("RNN_SENTIMENT_CACHE", str(tmp_path))
    assert reason in kernels.in_use()
    assert kernels.in_use().startswith("torch (")
    assert len(caplog.messages) == 1
    assert not list(tmp_path.glob("**/*.so"))


@pytest.mark.usefixtures("_forgotten")
def test_a_cache_that_cannot_be_written_leaves_plain_torch(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("RNN_SENTIMENT_CACHE", str(tmp_path / "file"))
    assert "cannot be kept" in kernels.in_use()


def test_the_name_of_a_build_holds_what_it_depends_on(monkeypatch):
    compiler = build.find_compiler()
    names = {build.key(compiler)}
    monkeypatch.setattr(build, "processor", lambda: "another")
    names.add(build.key(compiler))
    monkeypatch.setattr(build, "FLAGS", ("-O0",))
    names.add(build.key(compiler))
    monkeypatch.setattr(torch, "__version__", "0")
    names.add(build.key(compiler))
    assert len(names) == 4
