"""Spool one split of a Hub data set into a local folder in the Hub's own layout.

The streaming runs in a child process, `hub_stream.py`. The Hub's client reads its endpoint, time
limits and cache folders from the environment once, at import, and retries for minutes; a child can
be given its own settings, watched and ended, and leaves nothing changed in the process that trains.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from rnn_sentiment.data.sources.hub_reach import Problem, endpoint, find_problem, refusal
from rnn_sentiment.errors import UserError

STALLED_AFTER = 60.0  # seconds without news from the child
PATIENCE = 40.0  # seconds of failing requests without a new byte


class Unreachable(UserError):
    """The Hub could not be reached, whatever it was asked for."""


@dataclass(frozen=True)
class HubDataset:
    """A data set on the Hub, for example `HubDataset("stanfordnlp/imdb")`.

    Args:
        name: owner and name.
        subset: one of its configurations; None takes the only or default one.
        text_column: the column with the text.
        label_column: the column with the class.
    """

    name: str
    subset: str | None = None
    text_column: str = "text"
    label_column: str = "label"


def fetch(
    dataset: HubDataset, split: str, folder: Path, *, connect_timeout: float = 5.0
) -> Path | None:
    """Stream a split once into `folder/{split}-00000-of-00001.parquet`.

    A file that exists is returned at once; a fetch that fails or is interrupted leaves none.

    Args:
        dataset: what to fetch.
        split: one of its splits, for example `train`.
        folder: where the file is kept; made if missing.
        connect_timeout: seconds the Hub has for its first answer.

    Returns:
        The file, or None where the data set has no such split, which is remembered.

    Raises:
        Unreachable: the Hub cannot be reached.
        UserError: it has no such data set, or what it sent is not the whole split.
    """
    final = Path(folder) / f"{split}-00000-of-00001.parquet"
    absent = Path(folder) / f".{split}.absent"
    if final.exists() or absent.exists():
        return final if final.exists() else None
    probe(dataset.name, connect_timeout)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as work:
            partial = Path(work) / final.name
            if not _watch(dataset, split, partial):
                absent.touch()
                return None
            os.replace(partial, final)
    except OSError as error:
        raise UserError(
            f"cannot write {final}: {error.strerror or error}; choose another folder, or use a "
            "local copy with data.path=FOLDER or data=demo"
        ) from error
    return final


def probe(name: str, timeout: float) -> None:
    """Raise an error if the Hub does not answer for this data set within `timeout` seconds."""
    if problem := find_problem(f"datasets/{name}", timeout):
        raise failure(name, None, problem)


def failure(name: str, split: str | None, problem: Problem) -> UserError:
    """The error that names what could not be fetched, from where, why, and the ways out."""
    host = urlsplit(endpoint()).netloc or endpoint()
    what = f"split '{split}' of {name}" if split else name
    line = (
        f"cannot fetch {what} from {host}: {problem.text}; or use a local copy with "
        "data.path=FOLDER, the built-in data=demo, or another hub with HF_ENDPOINT=URL"
    )
    return (Unreachable if problem.passing else UserError)(" ".join(line.split()))


def _watch(dataset: HubDataset, split: str, partial: Path) -> bool:
    """Run the child that writes `partial`, show its progress, and end it when it stalls.

    Returns:
        Whether the data set has the split.
    """
    from tqdm.auto import tqdm

    name = dataset.name
    with (
        open(partial.parent / "log", "w+", encoding="utf-8", errors="replace") as log,
        _start(dataset, split, partial, log) as child,
        tqdm(desc=f"{name} {split}", unit=" rows", mininterval=0.5) as progress,
    ):
        try:
            done, absent = False, False
            for message in _messages(child):
                if "status" in message:
                    raise failure(name, split, refusal(message["status"]))
                if "problem" in message:
                    problem = Problem(message["problem"], message["passing"])
                    raise failure(name, split, problem)
                progress.total = message.get("total") or progress.total
                if "bytes" in message:  # of the block of rows that is on its way
                    progress.set_postfix_str(f"+{message['bytes'] / 1e6:.1f} MB")
                progress.update(message.get("rows", progress.n) - progress.n)
                done, absent = message.get("done", False), message.get("absent", False)
            if not done:
                log.seek(0)
                last = (log.read().strip().splitlines() or [f"status {child.wait()}"])[-1]
                problem = Problem(f"the download ended early ({last[:200]})", passing=False)
                raise failure(name, split, problem)
        except queue.Empty:
            problem = Problem(f"too slow, no progress for {STALLED_AFTER:g} s", passing=True)
            raise failure(name, split, problem) from None
        finally:
            child.kill()
    return not absent


def _start(dataset: HubDataset, split: str, partial: Path, log: IO[str]) -> subprocess.Popen[str]:
    """Start the child with the client's settings, in folders of its own beside `partial`."""
    cache, empty = partial.parent / "cache", partial.parent / "empty"
    cache.mkdir()
    empty.mkdir()
    environment = os.environ | {
        "HF_ENDPOINT": endpoint(),
        "HF_HUB_CACHE": str(cache),
        "HF_DATASETS_CACHE": str(cache),
        "HF_MODULES_CACHE": str(cache),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # the counter is another host
    }
    # -P and an empty working folder: no file beside the script may shadow a library, and no local
    # folder named like the data set may be taken for it.
    script = Path(__file__).resolve().with_name("hub_stream.py")
    command = [
        sys.executable, "-P", str(script), str(PATIENCE), dataset.name, dataset.subset or "", split,
        dataset.text_column, dataset.label_column, str(partial.resolve()),
    ]  # fmt: skip
    return subprocess.Popen(
        command, env=environment, cwd=empty, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=log, text=True,
    )  # fmt: skip


def _messages(child: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """Yield the child's messages until it ends; queue.Empty when it has none for too long."""
    lines: queue.Queue[str] = queue.Queue()

    def read(stream: IO[str]) -> None:
        with contextlib.suppress(ValueError):  # closed in mid-read, when the fetch has failed
            for line in stream:
                lines.put(line)
        lines.put("")

    assert child.stdout is not None
    threading.Thread(target=read, args=(child.stdout,), daemon=True).start()
    while line := lines.get(timeout=STALLED_AFTER):
        yield json.loads(line)
