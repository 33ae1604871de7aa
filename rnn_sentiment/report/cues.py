"""Count cues that make reviews hard to classify, such as negations, in the test texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from rnn_sentiment import manifest, runs
from rnn_sentiment.configuration import make, user_cache
from rnn_sentiment.data.stored_tokenizer import load_stored_tokenizer
from rnn_sentiment.data.texts import find_texts, hash_of
from rnn_sentiment.data.tokenizer import UNKNOWN_ID, encode
from rnn_sentiment.errors import UserError
from rnn_sentiment.report.loading import Run
from rnn_sentiment.trust import check_stored

CUES = {  # of texts in lower case
    "negation": re.compile(
        r"\b(?:not|no|never|none|nor|neither|nobody|nothing|nowhere|cannot|hardly|barely|scarcely"
        r"|without|by no means|far from|in vain)\b|n['’]t\b"
    ),
    "contrast": re.compile(
        r"\b(?:but|however|although|though|yet|despite|nevertheless|nonetheless|whereas|even if"
        r"|in spite of)\b"
    ),
    "intensifiers": re.compile(
        r"\b(?:very|really|truly|quite|utterly|totally|completely|absolutely|extremely"
        r"|incredibly|remarkably|highly)\b"
    ),
}
UNKNOWN = "unknown words"  # counted in tokens of the run whose texts are read
BATCH = 500  # texts


def count_cues(candidates: Sequence[Run], row_ids: Sequence[str]) -> pd.DataFrame:
    """Count the cues in the texts of reviews: a column for each cue, a line for each row id.

    Args:
        candidates: runs on these reviews; the first whose texts are on this machine is used.
        row_ids: ids of the reviews.

    Raises:
        UserError: there is no such run; the message gives the reason.
    """
    reason, asked = "none of these runs states where its texts are", set()
    for run in candidates:
        source = str({k: v for k, v in run.config.items() if k.startswith("data.source.")})
        if not run.config or source in asked:
            continue
        asked.add(source)
        try:
            return count_in_texts_of(run.folder, row_ids)
        except (UserError, OSError, ValueError) as error:
            reason = str(error)
    raise UserError(reason)


def count_in_texts_of(folder: Path, row_ids: Sequence[str]) -> pd.DataFrame:
    """Count the cues in texts of the corpus of one run, and the words unknown to its tokenizer.

    If `tokenizer.json` is missing, as in an archive of runs, there is no column of unknown words.

    Raises:
        UserError: its texts or its tokenizer cannot be read.
    """
    cfg = runs.load_config(folder)
    check_stored(cfg, "data.source")
    manifest.verify(folder, ["tokenizer.json"])
    file = folder / "tokenizer.json"
    tokenizer = load_stored_tokenizer(file) if file.exists() else None
    found = find_texts(make(cfg, "data.source"), user_cache(), row_ids)
    lines: dict[int, list[int]] = {}
    for batch in batches(found):
        for name, text in batch:
            lines[name] = list(cues_in(text))
        if tokenizer is not None:
            ids = encode(tokenizer, [text for _, text in batch])
            for (name, _), tokens in zip(batch, ids, strict=True):
                lines[name].append(int(np.count_nonzero(tokens == UNKNOWN_ID)))
    columns = [*CUES, UNKNOWN] if tokenizer is not None else [*CUES]
    return pd.DataFrame([lines[hash_of(row_id)] for row_id in row_ids], columns=columns)


@lru_cache(maxsize=2**15)  # several tables often share a corpus
def cues_in(text: str) -> tuple[int, ...]:
    """How often each cue occurs in a text."""
    lowered = text.lower()
    return tuple(len(cue.findall(lowered)) for cue in CUES.values())


def batches(found: Iterator[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Yield lists of at most `BATCH` texts."""
    batch: list[tuple[int, str]] = []
    for one in found:
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
