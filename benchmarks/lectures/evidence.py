"""Measure what claims need and no run records.

    python -m benchmarks.lectures.evidence FOLDER [--glove FILE]

Writes `FOLDER/evidence.json`, which `python -m rnn_sentiment.report FOLDER` reads: how far two
orders of the same words are apart for each encoder and, with GloVe's vectors (6B.50d), the cosines
of two analogies, if the file has their words.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch.nn import functional as F

from rnn_sentiment.configuration import compose
from rnn_sentiment.embeddings.vectors.reader import read_vectors
from rnn_sentiment.training.build import build_classifier

ANALOGIES = {("queen", "king", "man"): ("woman",), ("good", "evil", "cold"): ("warm", "dry", "hot")}


def orders(model: str) -> float:
    """Largest difference between the vectors of a text and of the same words backwards."""
    torch.manual_seed(0)
    classifier = build_classifier(compose(f"model={model}"), vocabulary_size=50)
    words = torch.arange(2, 22)[None]
    mask = torch.ones_like(words, dtype=torch.bool)
    classifier.eval()
    with torch.no_grad():
        one, other = (
            classifier.encoder(classifier.embedding(ids), mask) for ids in (words, words.flip(1))
        )
    return float((one - other).abs().max())


def analogies(file: Path) -> dict[str, float]:
    """Cosines of `a - b + c` with the words that it should be near."""
    words = {word for key, near in ANALOGIES.items() for word in (*key, *near)}
    table = read_vectors(file, 50, words)
    vectors = dict(zip(table.words, torch.tensor(table.vectors), strict=True))
    found = {}
    for (a, b, c), near in ANALOGIES.items():
        for word in near:
            if {a, b, c, word} <= vectors.keys():
                wanted = vectors[a] - vectors[b] + vectors[c]
                cosine = F.cosine_similarity(wanted, vectors[word], dim=0)
                found[f"{a} - {b} + {c}: {word}"] = float(cosine)
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--glove", type=Path)
    given = parser.parse_args()
    found = {f"two orders: {model}": orders(model) for model in ("bag", "rnn", "lstm", "gru")}
    if given.glove:
        found |= analogies(given.glove)
    (given.folder / "evidence.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
