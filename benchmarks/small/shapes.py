"""Generated corpora in the shapes that public ones have: short texts, many or unequal classes.

Words are drawn by Zipf's law. Each class has words of its own, which it shares with a neighbour,
among many that all classes use; a few are denied ("no WORD but OTHER"), so that order counts; and
some labels are wrong. Nothing is fetched.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random

COMMON, OWN = 3_000, 150  # words of all classes, and of each
DENIED, WRONG = 0.15, 0.03  # shares of the texts, and of the labels
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


@dataclass(frozen=True)
class Shape:
    """Rows, classes and words of a corpus.

    Args:
        rows: to train on, of which a tenth becomes the validation part.
        words: of a text, on average.
        topical: share of the words that tell of the class.
        shares: of the classes; any scale.
    """

    rows: int
    words: int
    topical: float
    shares: tuple[float, ...]


SHAPES = {
    "few": Shape(400, 80, 0.05, (1, 1)),
    "short": Shape(5_000, 10, 0.2, (22, 20, 16, 15, 23, 4)),
    "many": Shape(6_000, 12, 0.25, (1,) * 60),
    "unequal": Shape(5_000, 16, 0.12, (92, 8)),
}
TEST_ROWS = 2_000


def word(number: int) -> str:
    """A made-up word for each number."""
    syllables = []
    while not syllables or number:
        number, rest = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[rest])
    return "".join(syllables)


def zipf(count: int) -> list[float]:
    """Cumulative weights of words by rank."""
    return list(accumulate(1 / (rank + 3) for rank in range(count)))


def texts(shape: Shape, rows: int, random: Random) -> Iterator[tuple[str, int]]:
    """Texts with their classes."""
    classes = range(len(shape.shares))
    common, own = zipf(COMMON), zipf(OWN)

    def topical(of: int) -> str:
        rank = random.choices(range(OWN), cum_weights=own)[0]
        owner = (of + (rank % 4 == 0)) % len(classes)  # a quarter is the neighbour's as well
        return word(COMMON + owner * OWN + rank)

    for _ in range(rows):
        label = random.choices(classes, shape.shares)[0]
        length = max(3, round(random.gauss(shape.words, shape.words / 3)))
        found = [
            topical(label) if random.random() < shape.topical
            else word(random.choices(range(COMMON), cum_weights=common)[0])
            for _ in range(length)
        ]  # fmt: skip
        if random.random() < DENIED:
            other = random.choice([c for c in classes if c != label])
            place = random.randrange(len(found) + 1)
            found[place:place] = ["no", topical(other), "but", topical(label)]
        if random.random() < WRONG:
            label = random.choice(classes)
        yield " ".join(found), label


def write(folder: Path, shape: Shape, seed: int = 0) -> Path:
    """Write `train.csv` and `test.csv`, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows in (("train", shape.rows), ("test", TEST_ROWS)):
        with (folder / f"{part}.csv").open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["text", "label"])
            out.writerows(texts(shape, rows, Random(f"{seed}/{part}")))
    return folder
