"""Folders that cannot be written, few file handles, no network: found early, said in a line."""

from __future__ import annotations

import resource
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import TINY, Command
from tests.faults.conftest import Mount

ReadOnly = Callable[[Path], Path]


def command(corpus: Path, *more: str) -> list[str]:
    return ["model=bag", f"data.path={corpus}", *TINY, *more]


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The error of a command, which says nothing below it, and no traceback above."""
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("error: ") == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    return last


@pytest.mark.fault("a11")
def test_a_read_only_output_folder_is_found_before_the_corpus_is_read(
    run: Command, corpus, read_only: ReadOnly, tmp_path
):
    (tmp_path / "runs").mkdir()
    read_only(tmp_path / "runs")
    done = run("train", *command(corpus), "hydra.run.dir=runs/first")
    assert one_line(done).startswith("error: runs/first: Read-only file system; choose a writable")
    assert "Identifying" not in done.stderr


@pytest.mark.battery
@pytest.mark.fault("a11")
def test_a_read_only_run_is_not_continued(run: Command, finished_run, read_only, tmp_path):
    folder = Path(shutil.copytree(finished_run, tmp_path / "run"))
    (folder / "results.json").unlink()
    read_only(folder)
    line = one_line(run("train", f"resume={folder}"))
    assert str(folder) in line
    assert "Read-only file system" in line


@pytest.mark.battery
@pytest.mark.fault("a8")
def test_a_run_on_a_full_disk(run: Command, corpus, mount: Mount):
    disk = mount("-t", "tmpfs", "-o", "size=256k", "none")
    done = run("train", *command(corpus, "embedding.dim=64"), f"hydra.run.dir={disk}/run")
    line = one_line(done)
    assert "No space left on device" in line
    assert f"{disk}/run/" in line
    assert line.endswith("; make room; no epoch was finished")


@pytest.mark.battery
@pytest.mark.fault("a8")
@pytest.mark.parametrize("size", ["16k", "40k", "100k"])
def test_a_cache_on_a_full_disk(run: Command, corpus, mount: Mount, size):
    disk = mount("-t", "tmpfs", "-o", f"size={size}", "none")
    done = run("train", *command(corpus, f"data.cache={disk}"), "hydra.run.dir=run")
    line = one_line(done)
    assert f"cannot write {disk}/" in line
    assert "No space left on device" in line


@pytest.mark.battery
@pytest.mark.fault("a31")
def test_a_warm_cache_is_read_and_a_cold_one_named(
    run: Command, corpus, cache, read_only: ReadOnly, tmp_path
):
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "kernels").symlink_to(cache / "kernels")
    where = f"data.cache={folder}"
    warm = run("train", *command(corpus, where), "hydra.run.dir=warm")
    assert warm.returncode == 0, warm.stderr
    shutil.rmtree(folder / "ngrams", ignore_errors=True)  # as what builds no model leaves it
    read_only(folder)
    again = run("train", *command(corpus, where), "hydra.run.dir=again")
    assert again.returncode == 0, again.stderr
    phrases = run("train", *command(corpus, where), "ngrams=naive_bayes", "hydra.run.dir=phrases")
    assert phrases.returncode == 0, phrases.stderr
    assert "Read-only file system" in phrases.stdout
    assert "every run counts phrases" in phrases.stdout
    cold = run("train", *command(corpus, where, "tokenizer=bpe"), "hydra.run.dir=cold")
    assert f"error: {folder}/tokens/" in one_line(cold)
    assert "Read-only file system" in cold.stderr
    assert "data.cache" in cold.stderr


@pytest.mark.battery
@pytest.mark.fault("a26")
@pytest.mark.parametrize(("most", "fits"), [(64, True), (12, False)])
def test_few_file_handles(most, fits, corpus, environment, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "rnn_sentiment.train", *command(corpus), "hydra.run.dir=run"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)),
    )  # fmt: skip
    if fits:
        assert done.returncode == 0, done.stderr
    else:
        assert f"Too many open files (the limit is {most})" in one_line(done)
        assert "ulimit -n" in done.stderr


@pytest.mark.battery
@pytest.mark.fault("a26")
def test_little_shared_memory_is_enough_or_said(corpus, environment, tmp_path):
    options = ["data.streaming=true", "data.num_workers=1", "hydra.run.dir=run"]
    train = [sys.executable, "-m", "rnn_sentiment.train", *command(corpus, *options)]
    small = f"mount -t tmpfs -o size=64k none /dev/shm && exec {shlex.join(train)}"
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"]).returncode:
        pytest.skip("cannot mount here")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", small],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        assert "data.num_workers=0" in one_line(done)


@pytest.fixture
def offline(tmp_path: Path) -> list[str]:
    """A command line's beginning that leaves no network to what follows."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-n", "true"]).returncode:
        pytest.skip("cannot take the network away here")
    return ["unshare", "-n"]


@pytest.mark.battery
@pytest.mark.fault("a17")
def test_without_network_and_cache_a_line_says_what_works(offline, environment, tmp_path):
    environment["RNN_SENTIMENT_CACHE"] = str(tmp_path / "cache")
    call = [*offline, sys.executable, "-m", "rnn_sentiment.train", "model=bag"]
    started = time.monotonic()
    done = subprocess.run(
        [*call, "data.source=hub", "hydra.run.dir=run"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.monotonic() - started
    line = one_line(done)
    assert "data.path=FOLDER" in line
    assert "data=demo" in line
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import rnn_sentiment.training.classification"])
    assert seconds < 10 + 2 * (time.monotonic() - started)  # beside the imports


@pytest.mark.battery
@pytest.mark.fault("a18")
def test_without_network_a_warm_cache_is_enough_and_nobody_is_called(
    offline, run: Command, corpus, environment, tmp_path
):
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    warm = run("train", *command(corpus), "hydra.run.dir=warm")
    assert warm.returncode == 0, warm.stderr
    trace = ["strace", "-f", "-qq", "-o", "calls", "-e", "trace=connect,sendto"]
    done = subprocess.run(
        [*offline, *trace, sys.executable, "-m", "rnn_sentiment.train", *command(corpus),
         "hydra.run.dir=again"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call for call in calls if "AF_INET" in call] == []
