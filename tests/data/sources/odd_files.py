"""The same rows in files as people have them."""

from __future__ import annotations

import gzip
import json

from rnn_sentiment.data.sources.layout import Layout

ROWS = [("été, great", "good"), ("a mess", "bad"), ('so "so"', "bad")]
OBJECTS = [{"text": text, "label": label} for text, label in ROWS]


def table(delimiter: str) -> str:
    lines = [("text", "label"), *((f'"{t.replace(chr(34), chr(34) * 2)}"', c) for t, c in ROWS)]
    return "".join(f"{delimiter.join(line)}\n" for line in lines)


FASTTEXT = "".join(f"__label__{label} {text}\n" for text, label in ROWS)
SEEN = {
    "semicolons": ("r.csv", table(";").encode()),
    "tabs": ("r.csv", table("\t").encode()),
    "bars": ("r.csv", table("|").encode()),
    "commas in a tsv": ("r.tsv", table(",").encode()),
    "UTF-16": ("r.csv", table(",").encode("utf-16")),
    "UTF-16 from Excel": ("r.csv", table("\t").encode("utf-16")),
    "UTF-32": ("r.csv", table(",").encode("utf-32")),
    "one column more": (
        "r.csv", "".join(f"id;{line}" for line in table(";").splitlines(True)).encode(),
    ),
    "array": ("r.json", json.dumps(OBJECTS).encode()),
    "indented array": ("r.json", json.dumps(OBJECTS, indent=2).encode()),
    "array in UTF-16": ("r.json", json.dumps(OBJECTS, ensure_ascii=False).encode("utf-16")),
    "array called jsonl": ("r.jsonl", json.dumps(OBJECTS).encode()),
    "lines called json": ("r.json", "\n".join(map(json.dumps, OBJECTS)).encode()),
    "fastText": ("r.txt", FASTTEXT.encode()),
    "fastText's own suffix": ("cooking.train", FASTTEXT.encode()),
    "gzipped fastText": ("r.txt.gz", gzip.compress(FASTTEXT.encode())),
    "gzipped array": ("r.json.gz", gzip.compress(json.dumps(OBJECTS).encode())),
}  # fmt: skip
SAID = {
    "Latin-1": (table(",").encode("latin-1"), Layout(encoding="latin-1")),
    "no header": (table(",").partition("\n")[2].encode(), Layout(columns=["text", "label"])),
    "no header, semicolons": (
        table(";").partition("\n")[2].encode(), Layout(columns=["text", "label"]),
    ),
    "any delimiter": (table("~").encode(), Layout(delimiter="~")),
    "quotes as text": (
        "text;label\nété, great;good\na mess;bad\nso \"so\";bad\n".encode(),
        Layout(quoting="none"),
    ),
}  # fmt: skip
