"""Files of one's own, written and read."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rnn_sentiment.data.corpus import Corpus
from rnn_sentiment.data.sources.path import open_folder

GOOD = [("fine", "1"), ("poor", "0")]
ROWS = [
    ("Great, \"truly\" great.\nSecond line", "good"),
    ("A mess; tab\there", "bad"),
    ("So-so, été ☃", "middling"),
    ("", "bad"),
    ("fine " * 500, "good"),
]  # fmt: skip


def write(path: Path, rows: list[tuple[Any, Any]], columns: tuple[str, ...] = ("text", "label")):
    """Write rows in the format of the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name.removesuffix(".gz")
    if name.endswith((".csv", ".tsv")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "wt", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter="\t" if name.endswith(".tsv") else ",")
            writer.writerows([columns, *rows])
    elif name.endswith(".jsonl"):
        lines = [json.dumps(dict(zip(columns, row, strict=True))) for row in rows]
        path.write_text("\n".join(lines) + "\n")
    else:
        table = {c: list(v) for c, v in zip(columns, zip(*rows, strict=True), strict=True)}
        pq.write_table(pa.table(table), path)
    return path


def load(path: Path, cache: Path, **options: Any) -> Corpus:
    arguments = {"text_column": "text", "label_column": "label", "labels": None, **options}
    return open_folder(path, cache, **arguments)


def rows_of(corpus: Corpus, part: str = "train") -> list[tuple[str, str]]:
    return [
        (text, corpus.labels[label])
        for texts, labels in corpus.read(part)
        for text, label in zip(texts, labels, strict=True)
    ]
