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
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from rnn_sentiment.errors import UserError

STALLED_AFTER = 60.0  # seconds without news from the child
PATIENCE = 40.0  # seconds of failing requests without a new byte


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
        UserError: the Hub cannot be reached, or what it sent is not the whole split.
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
    """Raise a UserError if the Hub does not answer for this data set within `timeout` seconds."""
    if problem := find_problem(f"datasets/{name}", timeout):
        raise _failure(name, None, problem)


def find_problem(repository: str, timeout: float) -> str:
    """Say why the Hub does not answer for a repository within `timeout` seconds; else nothing.

    Args:
        repository: kind and name, for example `datasets/stanfordnlp/imdb`.
        timeout: seconds until its first answer.
    """
    for variable in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(variable, "").upper() in {"1", "ON", "YES", "TRUE"}:
            return f"offline mode is on ({variable}), unset it"
    found: queue.Queue[str] = queue.Queue()
    # In a thread, because a name look-up has no time limit of its own.
    threading.Thread(target=lambda: found.put(_ask(repository, timeout)), daemon=True).start()
    try:
        return found.get(timeout=timeout)
    except queue.Empty:
        return f"unreachable, no answer within {timeout:g} s"


def endpoint() -> str:
    """The address of the Hub, or of the one that HF_ENDPOINT puts in its place."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _ask(repository: str, timeout: float) -> str:
    """Ask for a repository's page of the API; give the problem in words, or nothing."""
    try:
        with urllib.request.urlopen(f"{endpoint()}/api/{repository}", timeout=timeout):
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        # 401 and 403 are left to the client, which knows the user's token.
        return "" if error.code in (401, 403) else _status(error.code)
    except TimeoutError:
        return f"unreachable, no answer within {timeout:g} s"
    except urllib.error.URLError as error:
        return f"unreachable ({error.reason})"
    except Exception as error:  # whatever a broken proxy or a mistyped HF_ENDPOINT leads to
        return f"unreachable ({type(error).__name__}: {error})"


def _status(code: int) -> str:
    if code == 429:
        return "too many requests (429), wait some minutes or set HF_TOKEN"
    if code in (401, 403):
        return f"not found or not public ({code}), check the name or set HF_TOKEN"
    if code == 404:
        return "not found (404), check the name"
    return f"{'server error' if code >= 500 else 'refused'} ({code})"


def _failure(name: str, split: str | None, problem: str) -> UserError:
    host = urlsplit(endpoint()).netloc or endpoint()
    what = f"split '{split}' of {name}" if split else name
    line = (
        f"cannot fetch {what} from {host}: {problem}; or use a local copy with data.path=FOLDER, "
        "the built-in data=demo, or another hub with HF_ENDPOINT=URL"
    )
    return UserError(" ".join(line.split()))


def _watch(dataset: HubDataset, split: str, partial: Path) -> bool:
    """Run the child that writes `partial`, show its progress, and end it when it stalls.

    Returns:
        Whether the data set has the split.
    """
    from tqdm.auto import tqdm

    name = dataset.name
    cache = partial.parent / "cache"
    cache.mkdir()
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
        sys.executable, "-P", str(script), str(PATIENCE), name, dataset.subset or "", split,
        dataset.text_column, dataset.label_column, str(partial.resolve()),
    ]  # fmt: skip
    (partial.parent / "empty").mkdir()
    with (
        open(partial.parent / "log", "w+", encoding="utf-8", errors="replace") as log,
        subprocess.Popen(
            command,
            env=environment,
            cwd=partial.parent / "empty",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as child,
        tqdm(desc=f"{name} {split}", unit=" rows", mininterval=0.5) as progress,
    ):
        try:
            done, absent = False, False
            for message in _messages(child):
                if "status" in message:
                    raise _failure(name, split, _status(message["status"]))
                if "problem" in message:
                    raise _failure(name, split, message["problem"])
                progress.total = message.get("total") or progress.total
                if "bytes" in message:  # of the block of rows that is on its way
                    progress.set_postfix_str(f"+{message['bytes'] / 1e6:.1f} MB")
                progress.update(message.get("rows", progress.n) - progress.n)
                done, absent = message.get("done", False), message.get("absent", False)
            if not done:
                log.seek(0)
                last = (log.read().strip().splitlines() or [f"status {child.wait()}"])[-1]
                raise _failure(name, split, f"the download ended early ({last[:200]})")
        except queue.Empty:
            problem = f"too slow, no progress for {STALLED_AFTER:g} s"
            raise _failure(name, split, problem) from None
        finally:
            child.kill()
    return not absent


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
