"""The fingerprint of a corpus, cached by the contents of its files."""

from __future__ import annotations

import hashlib
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.fingerprint import Fingerprint
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import write_file

log = logging.getLogger(__name__)


def identify(corpus: Corpus, cache: Path) -> Fingerprint:
    """Identify a corpus; a second time, its files are compared byte by byte but not parsed.

    Raises:
        UserError: there is no train part, or a row is bad.
    """
    files = [(part, file) for part in corpus.parts for file in corpus.files(part)]
    with ThreadPoolExecutor() as threads:
        digests = list(threads.map(digest, [file for _, file in files]))
    parts = [part for part, _ in files]
    key = short(json.dumps([parts, digests, len(corpus.labels)]))
    memo = cache / "fingerprints" / f"{key}.json"
    if (known := recall(memo)) is not None:
        return known
    found = corpus.fingerprint()
    remember(memo, found)
    return found


def digest(file: Path) -> str:
    """A hash of a file's contents."""
    try:
        with file.open("rb") as contents:
            return hashlib.file_digest(contents, "blake2b").hexdigest()
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror or error})") from error


def recall(memo: Path) -> Fingerprint | None:
    """The fingerprint in a memo; None if it is missing or damaged."""
    try:
        fields: dict[str, Any] = json.loads(memo.read_text())
        if fields["checksum"] == short(json.dumps(fields["fingerprint"])):
            return Fingerprint.from_dict(fields["fingerprint"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    log.warning("Ignoring the damaged %s.", memo)
    return None


def remember(memo: Path, found: Fingerprint) -> None:
    """Write a memo atomically."""
    memo.parent.mkdir(parents=True, exist_ok=True)
    fields = found.to_dict()
    write_file(memo, json.dumps({"fingerprint": fields, "checksum": short(json.dumps(fields))}))


def short(text: str) -> str:
    """20 hexadecimal digits that stand for a text."""
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()
