"""The library is built once, also by two at a time, and again where it is damaged."""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import torch

from rnn_sentiment import kernels
from rnn_sentiment.kernels import build

BUILT = r"compiled the CPU kernels in \d+\.\d s \(kept in .*kernels\)"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _forgotten: None) -> Path:
    """An empty cache, a source that compiles at once, and a compiler that counts its builds."""
    try:
        compiler = build.find_compiler()
    except build.BuildError as error:
        pytest.skip(str(error))
    script = tmp_path / "compiler"
    script.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] || echo built >> {tmp_path}/builds\n'
        f'exec {" ".join(compiler)} "$@"\n'
    )
    script.chmod(0o755)
    source = tmp_path / "source"
    source.mkdir()
    (source / "kernels.cpp").write_text('extern "C" int answer() { return 42; }\n')
    monkeypatch.setattr(build, "SOURCE", source)
    monkeypatch.setenv("CXX", str(script))
    monkeypatch.setenv("RNN_SENTIMENT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kernels"


def answer() -> tuple[int, list[str]]:
    """What a process reads from the library, and what it logs on the way."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    build.log.addHandler(handler)
    build.log.setLevel("INFO")
    return int(build.library().answer()), messages


def answers(num_processes: int) -> tuple[list[int], list[str]]:
    """Those of new processes that start at once."""
    fork = multiprocessing.get_context("fork")  # which knows of the source
    with ProcessPoolExecutor(num_processes, mp_context=fork) as pool:
        found = [one.result(60) for one in [pool.submit(answer) for _ in range(num_processes)]]
    return [value for value, _ in found], [line for _, lines in found for line in lines]


def test_two_that_build_at_once_build_once(cache, tmp_path):
    found, messages = answers(2)
    assert found == [42, 42]
    assert messages[0] == "compiling the CPU kernels, once for this machine"
    assert len(messages) == 2
    assert re.fullmatch(BUILT, messages[1])
    assert (tmp_path / "builds").read_text() == "built\n"


@pytest.mark.slow
def test_a_damaged_library_is_built_again(cache, tmp_path):
    answers(1)
    (library,) = cache.glob("*.so")
    whole = library.read_bytes()
    library.write_bytes(whole[: len(whole) // 2])
    assert answers(1)[0] == [42]
    assert len(library.read_bytes()) == len(whole)
    library.write_bytes(b"no library")
    library.with_suffix(".sha256").write_text(hashlib.sha256(b"no library").hexdigest())
    found, messages = answers(1)
    assert found == [42]
    assert "does not load" in messages[0]
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
