"""How often a sweep that stops when it is settled errs, and how many runs it saves, in simulation.

    python -m benchmarks.verdicts.settle [PAIRS]

Draws pairs of architectures seed by seed, as hard as those of `simulate.py`, and looks at them
after each seed of both. Writes `settle_errors.csv` (equal architectures: how often some look,
whichever, calls them different) and `settle_runs.csv` (what is settled, and after how many runs).
It takes ten minutes on one core with 20,000 pairs a cell.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.markdown import table
from benchmarks.verdicts.looks import looks
from rnn_sentiment.report.anytime import MOST_SEEDS
from rnn_sentiment.report.family import ENOUGH_SEEDS, Family, pairs
from rnn_sentiment.report.statistics import LEVEL

HERE = Path(__file__).parent
MARGIN = 0.5  # points
Pair = tuple[tuple[float, float], float]  # spreads, and how much better the first is, in points
# Spreads of both architectures in points, and how much a collapsed seed loses, one in ten.
EQUAL = [
    *((0.2, 0.2, 0.0), (0.5, 0.5, 0.0), (1.0, 1.0, 0.0), (2.0, 2.0, 0.0)),
    *((0.2, 0.5, 0.0), (0.2, 1.0, 0.0), (0.2, 2.0, 0.0), (0.5, 2.0, 0.0), (1.0, 2.0, 0.0)),
    (0.33, 0.33, 10.0),
]
SHOOTOUT = {  # mean accuracy and spread, in percent (benchmarks/lectures)
    **{"pooled": (86.22, 0.19), "flatten": (86.06, 0.20), "GRU": (85.88, 0.83)},
    **{"BiLSTM": (85.74, 0.33), "Conv1d": (85.68, 0.34), "LSTM": (85.65, 0.33)},
    **{"BiGRU": (85.34, 0.36), "RNN": (80.42, 1.86)},
}
ALIKE = [((0.33, 0.33), difference) for difference in (0.0, 0.3, 0.6, 1.0, 2.0)]
STEADY = [((0.2, 0.2), difference) for difference in (0.0, 0.5, 1.0)]
UNLIKE = [((0.36, 0.83), 1.0), ((0.36, 0.83), 2.0), ((0.2, 1.86), 3.0), ((0.2, 1.86), 5.3)]
MOST_FIXED = 100
SURE = 0.99  # what a fixed number is asked for where stopping settles more: the rest is chance
FEW = 1500  # pairs that show how much a fixed number of seeds finds; a verdict takes milliseconds


def errors_of(generator: np.random.Generator, num: int) -> pd.DataFrame:
    """Percent of equal pairs that some look calls different."""
    rows = []
    for *spreads, collapse in EQUAL:
        wrong = {"settled": np.zeros(num, bool), "peeked": np.zeros(num, bool)}
        cell: dict[str, object] = {"first": spreads[0], "second": spreads[1], "collapse": collapse}
        for look in looks(generator, (spreads[0], spreads[1]), num, MOST_SEEDS, collapse=collapse):
            size = np.abs(look.difference)
            wrong["settled"] |= size > look.half_width(LEVEL)
            wrong["peeked"] |= size > look.fixed_half_width()
            if (seeds := int(look.num_seeds[0])) in (5, 20, MOST_SEEDS):
                found = {
                    f"{name}_{seeds}": round(100 * float(w.mean()), 2) for name, w in wrong.items()
                }
                cell |= found
        rows.append(cell)
        print(cell, flush=True)
    return pd.DataFrame(rows)


def contests() -> Iterator[tuple[str, list[Pair], int]]:
    """Names, pairs that are drawn equally often, and the most seeds of each."""
    for pair in (*ALIKE, *STEADY, *UNLIKE):
        yield in_words(pair), [pair], 20
    for pair in ALIKE[:3]:
        yield in_words(pair), [pair], 50
    found = [
        ((first[1], second[1]), first[0] - second[0])
        for first, second in combinations(SHOOTOUT.values(), 2)
    ]
    yield "the 28 pairs of the shootout", found, 20


def in_words(pair: Pair) -> str:
    """Spreads and difference."""
    (first, second), difference = pair
    return f"spreads {first:g} and {second:g}, difference {difference:g}"


def runs_of(generator: np.random.Generator, num: int) -> pd.DataFrame:
    """What is settled, after how many runs, and how many a fixed number of seeds would take."""
    rows = []
    for name, members, most in contests():
        each = num // len(members)
        found = pd.concat([settled(generator, pair, each, most) for pair in members])
        right = float((found["better"] | found["equivalent"])[~found["wrong"]].sum() / len(found))
        fixed = fixed_seeds(generator, members, min(right, SURE))
        cell = {
            **{"contest": name, "most_seeds": most},
            "better": round(100 * float(found["better"].mean()), 1),
            "equivalent": round(100 * float(found["equivalent"].mean()), 1),
            "wrong": round(100 * float(found["wrong"].mean()), 2),
            "runs": round(float(found["runs"].mean()), 1),
            "fixed_runs": 2 * fixed if fixed else None,
        }
        rows.append(cell)
        print(cell, flush=True)
    return pd.DataFrame(rows)


def settled(generator: np.random.Generator, pair: Pair, num: int, most: int) -> pd.DataFrame:
    """How each of many sweeps ends, and after how many runs."""
    spreads, difference = pair
    better, equivalent, wrong = (np.zeros(num, bool) for _ in range(3))
    runs = np.full(num, 2 * most)
    for look in looks(generator, spreads, num, most, difference):
        going, size = ~(better | equivalent), np.abs(look.difference)
        new_better = going & (size > look.half_width(LEVEL))
        new_equal = going & ~new_better & (size + look.half_width(2 * LEVEL - 1) <= MARGIN)
        runs[new_better | new_equal] = 2 * look.num_seeds[0]
        wrong |= new_better & ((look.difference < 0) | (difference == 0))
        wrong |= new_equal & (difference >= MARGIN)
        better |= new_better
        equivalent |= new_equal
    return pd.DataFrame({"better": better, "equivalent": equivalent, "wrong": wrong, "runs": runs})


def fixed_seeds(
    generator: np.random.Generator, members: Sequence[Pair], share: float
) -> int | None:
    """The smallest fixed number of seeds by which a report settles as many pairs rightly."""
    low, high = ENOUGH_SEEDS - 1, MOST_FIXED + 1
    while high - low > 1:
        middle = (low + high) // 2
        each = -(-FEW // len(members))
        shares = [settled_by(generator, pair, middle, each) for pair in members]
        if np.mean(shares) >= share:
            high = middle
        else:
            low = middle
    return high if high <= MOST_FIXED else None


def settled_by(generator: np.random.Generator, pair: Pair, seeds: int, num: int) -> float:
    """The share of pairs that a report on a fixed number of seeds settles rightly."""
    spreads, difference = pair
    *_, look = looks(generator, spreads, num, seeds, difference)
    right = 0
    for number in range(num):
        family = Family(look.means(number), pairs(2))
        value, error = float(family.values[0]), float(family.errors[0])
        if abs(value) > family.multiple(LEVEL) * error:
            right += value > 0 and difference > 0
        elif abs(value) + family.multiple(2 * LEVEL - 1) * error <= MARGIN:
            right += difference < MARGIN
    return right / num


def table_of_errors() -> str:
    """How often a true equality is called a difference, for each pair of spreads."""
    found = pd.read_csv(HERE / "settle_errors.csv")
    return table(
        {
            "spreads, points": f"{row.first:g} and {row.second:g}"
            + (f", one seed in ten {row.collapse:g} below" if row.collapse else ""),
            **{f"settled, {n} seeds": f"{getattr(row, f'settled_{n}'):.1f}" for n in (5, 20, 100)},
            **{f"95 %, {n} seeds": f"{getattr(row, f'peeked_{n}'):.1f}" for n in (5, 20, 100)},
        }
        for row in found.itertuples()
    )


def table_of_runs() -> str:
    """What is settled, for each contest, and the runs that it takes."""
    found = pd.read_csv(HERE / "settle_runs.csv")
    return table(
        {
            "contest, points": row.contest,
            "most seeds": row.most_seeds,
            "better, %": f"{row.better:.0f}",
            "equivalent, %": f"{row.equivalent:.0f}",
            "wrong, %": f"{row.wrong:.1f}",
            "runs": f"{row.runs:.1f}",
            "runs, fixed number": "over 200" if np.isnan(row.fixed_runs) else int(row.fixed_runs),
            "saved, %": "" if np.isnan(row.fixed_runs) else f"{saved(row):.0f}",
        }
        for row in found.itertuples()
    )


def saved(row: object) -> float:
    """Percent of the runs that a fixed number of seeds would take."""
    return float(100 * (1 - row.runs / row.fixed_runs))  # type: ignore[attr-defined]


def main() -> None:
    """Simulate, and write both tables."""
    num = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    generator = np.random.default_rng(1)
    errors_of(generator, num).to_csv(HERE / "settle_errors.csv", index=False)
    runs_of(generator, num).to_csv(HERE / "settle_runs.csv", index=False)


if __name__ == "__main__":
    main()
