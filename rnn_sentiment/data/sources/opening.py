"""Where the texts come from: the Hub, files of one's own, or the embedded demo corpus.

Every source ends as a `Corpus`, a folder in the Hub's layout.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from rnn_sentiment.data.corpus import LABELLED, PARTS, Corpus, Fingerprint, declared_labels
from rnn_sentiment.data.sources import demo, hub
from rnn_sentiment.data.sources.hub import HubDataset
from rnn_sentiment.data.sources.importing import import_files
from rnn_sentiment.errors import UserError

log = logging.getLogger(__name__)


def hub_corpus(dataset: HubDataset, cache: Path, labels: Sequence[str] | None) -> Corpus:
    """Give the labelled parts of a data set of the Hub, streamed once and kept in the cache.

    Raises:
        UserError: the Hub cannot be reached, or the data set has no train part.
    """
    folder = fetch_parts(dataset, cache, LABELLED)
    if not Corpus(folder, ()).files("train"):
        raise UserError(f"data.name={dataset.name} has no part that is called train")
    return path_corpus(folder, cache, "text", "label", labels)


def fetch_parts(dataset: HubDataset, cache: Path, parts: Sequence[str]) -> Path:
    """Give the cache's folder for a data set of the Hub, with those of the parts that it has."""
    name = dataset.name.replace("/", "--")
    columns = (dataset.subset, dataset.text_column, dataset.label_column)
    if columns != (None, "text", "label"):
        name += "-" + hashlib.blake2b(repr(columns).encode(), digest_size=4).hexdigest()
    folder = cache / "hub" / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for killed in folder.glob(".fetch-*"):
            shutil.rmtree(killed, ignore_errors=True)
        for part in parts:
            hub.fetch(dataset, part, folder)
    return folder


def path_corpus(
    path: Path, cache: Path, text_column: str, label_column: str, labels: Sequence[str] | None
) -> Corpus:
    """Give the corpus of a file or folder: in place where it has our form, else imported.

    Raises:
        UserError: names what cannot be read.
    """
    if (text_column, label_column) == ("text", "label") and (names := ready_labels(path, labels)):
        return Corpus(path, names)
    return import_files(path, cache, text_column, label_column, labels)


def ready_labels(folder: Path, labels: Sequence[str] | None) -> tuple[str, ...] | None:
    """The label names of a folder in the Hub's layout; None where it must be imported first."""
    import pyarrow.parquet as pq
    import pyarrow.types

    corpus = Corpus(folder, ())
    files = [file for part in PARTS for file in corpus.files(part)]
    if not corpus.files("train"):
        return None
    for file in files:
        try:
            schema = pq.read_schema(file)
            ready = pyarrow.types.is_integer(schema.field("label").type)
        except (pyarrow.ArrowException, OSError, KeyError):
            return None  # the import says what is wrong
        if not ready or "text" not in schema.names:
            return None
    return tuple(labels) if labels else declared_labels(files[0])


def demo_corpus(cache: Path, num_train: int, num_test: int, seed: int) -> Corpus:
    """Give the demo corpus, generated once for each version of its rules."""
    rules = hashlib.blake2b(Path(demo.__file__).read_bytes(), digest_size=4).hexdigest()
    folder = cache / "demo" / f"{num_train}-{num_test}-{seed}-{rules}"
    folder.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(folder, demo.LABELS)
    with FileLock(folder / ".lock"):
        if not (corpus.files("train") and corpus.files("test")):
            demo.write(folder, num_train=num_train, num_test=num_test, seed=seed)
    return corpus


def fingerprint(corpus: Corpus, cache: Path) -> Fingerprint:
    """Identify a corpus; remembered until one of its files changes."""
    files = [file for part in corpus.parts for file in corpus.files(part)]
    stats = [(str(f.resolve()), s.st_size, s.st_mtime_ns) for f in files for s in [f.stat()]]
    key = hashlib.blake2b(repr((stats, len(corpus.labels))).encode(), digest_size=10).hexdigest()
    memo = cache / "fingerprints" / f"{key}.json"
    if memo.exists():
        try:
            return Fingerprint.from_dict(json.loads(memo.read_text()))
        except (ValueError, KeyError, TypeError):
            log.warning("Ignoring the damaged %s.", memo)
    found = corpus.fingerprint()
    memo.parent.mkdir(parents=True, exist_ok=True)
    temporary = memo.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(found.to_dict()))
    os.replace(temporary, memo)
    return found
