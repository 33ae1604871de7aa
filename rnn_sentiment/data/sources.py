"""Where the reviews come from: the Hub, a local folder, or the embedded demo corpus.

Every source ends as a folder in the Hub's layout, which `corpus.read` streams.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock

from rnn_sentiment.data import corpus, demo, hub
from rnn_sentiment.data.corpus import SPLITS, Fingerprint

log = logging.getLogger(__name__)

DATASET = "stanfordnlp/imdb"


def fetch_hub(cache: Path) -> Path:
    """Give the folder of IMDB, streamed from the Hub once and kept in the cache."""
    folder = cache / "hub" / DATASET.replace("/", "--")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for killed in folder.glob(".fetch-*"):
            shutil.rmtree(killed, ignore_errors=True)
        for split in SPLITS:
            hub.fetch(DATASET, split, folder)
    return folder


def write_demo(cache: Path, num_train: int, num_test: int, seed: int) -> Path:
    """Give the folder of the demo corpus, generated once for each version of its rules."""
    rules = hashlib.blake2b(Path(demo.__file__).read_bytes(), digest_size=4).hexdigest()
    folder = cache / "demo" / f"{num_train}-{num_test}-{seed}-{rules}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not all(any(folder.glob(f"*/{split}-*.parquet")) for split in SPLITS):
            demo.write(folder, num_train=num_train, num_test=num_test, seed=seed)
    return folder


def fingerprint(folder: Path, cache: Path) -> Fingerprint:
    """Identify the corpus in a folder; remembered until one of its files changes."""
    files = [file for split in SPLITS for file in corpus.parquet_files(folder, split)]
    stats = [(str(f.resolve()), s.st_size, s.st_mtime_ns) for f in files for s in [f.stat()]]
    key = hashlib.blake2b(repr(stats).encode(), digest_size=10).hexdigest()
    memo = cache / "fingerprints" / f"{key}.json"
    if memo.exists():
        try:
            return Fingerprint.from_dict(json.loads(memo.read_text()))
        except (ValueError, KeyError, TypeError):
            log.warning("Ignoring the damaged %s.", memo)
    found = corpus.fingerprint(folder)
    memo.parent.mkdir(parents=True, exist_ok=True)
    temporary = memo.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(asdict(found)))
    os.replace(temporary, memo)
    return found
