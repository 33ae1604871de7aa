"""Fetch one file of one GloVe release from the Hub, once."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from rnn_sentiment import manifest
from rnn_sentiment.bars import Bar
from rnn_sentiment.data.sources import hub_reach
from rnn_sentiment.embeddings.vectors.archive import DAMAGE, choose_member
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import locked, write_file

REPOSITORY = "stanfordnlp/glove"
BLOCK = 1 << 24  # bytes of one request
Release = Literal[
    "6B.50d",
    "6B.100d",
    "6B.200d",
    "6B.300d",
    "42B.300d",
    "840B.300d",
    "twitter.27B.25d",
    "twitter.27B.50d",
    "twitter.27B.100d",
    "twitter.27B.200d",
]


def fetch_release(name: Release, cache: Path, *, connect_timeout: float = 5.0) -> Path:
    """Give `cache/glove/glove.{name}.txt`, fetched where it is missing.

    The releases lie on the Hub as zip archives of up to four files; of an archive, only the bytes
    of its directory and of the file wanted are asked for. A fetch that fails leaves nothing.

    Raises:
        UserError: the Hub cannot be reached, what it sent is damaged, or what was kept has changed.
    """
    final = cache / "glove" / f"glove.{name}.txt"
    with locked(final):
        if final.exists():
            compare(final)
            return final
        if problem := hub_reach.find_problem(f"models/{REPOSITORY}", connect_timeout):
            raise _failure(name, problem.text)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=final.parent) as work:
            partial = Path(work) / final.name
            _fetch(name, partial)
            write_file(sum_of(final), manifest.digest(partial))
            os.replace(partial, final)
    return final


def compare(file: Path) -> None:
    """Compare a fetched file with the checksum that was written beside it.

    Raises:
        UserError: it has changed since.
    """
    noted = sum_of(file)
    if noted.exists() and noted.read_text() != manifest.digest(file):
        raise UserError(
            f"{file} has changed since it was downloaded; remove it, and it will be "
            "downloaded again"
        )


def sum_of(file: Path) -> Path:
    """Where the checksum of a fetched file is kept; files of older versions have none."""
    return file.with_name(f"{file.name}.sha256")


def archive_of(name: Release) -> str:
    """Name the archive: of the releases with several sizes, one holds them all."""
    family = name.rpartition(".")[0]
    return f"glove.{family if family in ('6B', 'twitter.27B') else name}.zip"


def _fetch(name: Release, partial: Path) -> None:
    from huggingface_hub import HfFileSystem
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]

    dim = int(name.rpartition(".")[2].removesuffix("d"))
    remote = f"{REPOSITORY}/{archive_of(name)}"
    files = HfFileSystem(
        endpoint=hub_reach.endpoint(), skip_instance_cache=True, use_listings_cache=False
    )
    try:
        with (
            files.open(remote, "rb", block_size=BLOCK) as packed,
            zipfile.ZipFile(packed) as zipped,
        ):
            member = choose_member(zipped, dim, remote)
            with (
                zipped.open(member) as text,
                Bar.wrapattr(
                    text, "read", member.file_size, desc=f"Fetching glove.{name}"
                ) as watched,
                partial.open("wb") as out,
            ):
                shutil.copyfileobj(watched, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
    except UserError:
        raise
    except (*DAMAGE, httpx.HTTPError) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise _failure(name, reason) from error


def _failure(name: str, problem: str) -> UserError:
    host = urlsplit(hub_reach.endpoint()).netloc or hub_reach.endpoint()
    return UserError(
        f"cannot fetch glove.{name} of {REPOSITORY} from {host}: {problem}; or use a local copy "
        "with embedding.path=FILE, or another hub with HF_ENDPOINT=URL"
    )
