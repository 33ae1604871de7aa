"""How often a sweep that stops when it is settled errs, and how many runs it saves, in simulation.

    python -m benchmarks.verdicts.settle [PAIRS]

Draws pairs of architectures seed by seed, as hard as those of `simulate.py`, and looks at them
after each seed of both. Writes `settle_errors.csv` (equal architectures: how often some look,
whichever, calls them different) and `settle_runs.csv` (what is settled, and after how many runs).
It takes ten minutes on one core with 20,000 pairs a cell.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.markdown import table
from benchmarks.verdicts.simulate import CHANCE, OWN
from rnn_sentiment.report.anytime import MOST_SEEDS, half_widths, shared
from rnn_sentiment.report.family import ENOUGH_SEEDS, Family, pairs, standard_errors
from rnn_sentiment.report.statistics import LEVEL
from rnn_sentiment.report.variance import Means

HERE = Path(__file__).parent
MARGIN = 0.5  # points
# Spreads of both architectures in points, and how much a collapsed seed loses, one in ten.
EQUAL = [
    *((0.2, 0.2, 0.0), (0.5, 0.5, 0.0), (1.0, 1.0, 0.0), (2.0, 2.0, 0.0)),
    *((0.2, 0.5, 0.0), (0.2, 1.0, 0.0), (0.2, 2.0, 0.0), (0.5, 2.0, 0.0), (1.0, 2.0, 0.0)),
    (0.33, 0.33, 10.0),
]
CONTESTS = [  # spreads, the true difference, and seeds of each at most
    *((0.33, 0.33, difference, 20) for difference in (0.0, 0.3, 0.6, 1.0, 2.0)),
    *((0.33, 0.33, difference, 50) for difference in (0.0, 0.3, 0.6)),
    *((0.2, 0.2, difference, 20) for difference in (0.0, 0.5, 1.0)),
    *((0.36, 0.83, difference, 20) for difference in (1.0, 2.0)),
    *((0.2, 1.86, difference, 20) for difference in (3.0, 5.3)),
]
MOST_FIXED = 100
FEW = 1500  # pairs that show how much a fixed number of seeds finds; a verdict takes milliseconds


@dataclass(frozen=True)
class Look:
    """What is seen of many pairs after so many seeds of each, in points.

    Attributes:
        num_seeds: of each architecture, `(2,)`.
        values: mean accuracies, `(P, 2)`.
        seeds: variances of the means as seeds show them, `(P, 2)`.
    """

    num_seeds: np.ndarray
    values: np.ndarray
    seeds: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """The first mean less the second, `(P,)`."""
        return np.asarray(self.values[:, 0] - self.values[:, 1])

    def means(self, pair: int = 0) -> Means:
        """One of the pairs as the report knows it."""
        chance = np.full(2, CHANCE**2 / self.num_seeds[0])
        reviews = np.diag(OWN**2 + chance)
        return Means(self.values[pair], self.num_seeds, self.seeds[pair], chance, reviews)

    def half_width(self, level: float) -> np.ndarray:
        """Of the intervals that hold at all looks together, `(P,)`."""
        found = self.means()
        seeds = np.maximum(self.seeds, found.chance)
        return half_widths(shared(found), seeds, self.num_seeds, 1 - level)

    def fixed_half_width(self) -> np.ndarray:
        """Of Student's 95 % intervals, which allow for one look, `(P,)`."""
        errors = standard_errors(self.means(), self.seeds, pairs(2))[:, 0]
        freedom = self.seeds.sum(1) ** 2 / (self.seeds**2 / (self.num_seeds - 1)).sum(1)
        return np.asarray(stats.t.isf((1 - LEVEL) / 2, freedom) * errors)


def looks(
    generator: np.random.Generator,
    spreads: tuple[float, float],
    num: int,
    most: int,
    difference: float = 0.0,
    collapse: float = 0.0,
) -> Iterator[Look]:
    """Pairs of architectures after 3, 4, ... seeds of each; the first is better by `difference`."""
    drawn = generator.normal(size=(num, 2, most)) * np.array(spreads)[:, None]
    drawn -= collapse * (generator.random(drawn.shape) < 0.1)
    drawn += generator.normal(size=(num, 2, 1)) * OWN + np.array([[difference], [0.0]])
    for seeds in range(ENOUGH_SEEDS, most + 1):
        seen = drawn[:, :, :seeds]
        yield Look(np.full(2, seeds), seen.mean(2), seen.var(2, ddof=1) / seeds)


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


def runs_of(generator: np.random.Generator, num: int) -> pd.DataFrame:
    """What is settled, after how many runs, and how many a fixed number of seeds would take."""
    rows = []
    for first, second, difference, most in CONTESTS:
        better, equivalent = np.zeros(num, bool), np.zeros(num, bool)
        runs, wrong = np.full(num, 2 * most), np.zeros(num, bool)
        for look in looks(generator, (first, second), num, most, difference):
            going = ~(better | equivalent)
            size = np.abs(look.difference)
            new_better = going & (size > look.half_width(LEVEL))
            narrow = look.half_width(2 * LEVEL - 1)
            new_equal = going & ~new_better & (size + narrow <= MARGIN)
            runs[new_better | new_equal] = 2 * look.num_seeds[0]
            wrong |= new_better & ((look.difference < 0) | (difference == 0))
            wrong |= new_equal & (difference >= MARGIN)
            better |= new_better
            equivalent |= new_equal
        right = float(((better | equivalent) & ~wrong).mean())
        fixed = fixed_seeds(generator, (first, second), difference, right)
        cell = {
            **{"first": first, "second": second, "difference": difference, "most_seeds": most},
            "better": round(100 * float(better.mean()), 1),
            "equivalent": round(100 * float(equivalent.mean()), 1),
            "wrong": round(100 * float(wrong.mean()), 2),
            "runs": round(float(runs.mean()), 1),
            "fixed_runs": 2 * fixed if fixed else None,
        }
        rows.append(cell)
        print(cell, flush=True)
    return pd.DataFrame(rows)


def fixed_seeds(
    generator: np.random.Generator, spreads: tuple[float, float], difference: float, share: float
) -> int | None:
    """The smallest fixed number of seeds by which a report settles as many pairs rightly."""
    low, high = ENOUGH_SEEDS - 1, MOST_FIXED + 1
    while high - low > 1:
        middle = (low + high) // 2
        if settled_by(generator, spreads, difference, middle) >= share:
            high = middle
        else:
            low = middle
    return high if high <= MOST_FIXED else None


def settled_by(
    generator: np.random.Generator, spreads: tuple[float, float], difference: float, seeds: int
) -> float:
    """The share of pairs that a report on a fixed number of seeds settles rightly."""
    *_, look = looks(generator, spreads, FEW, seeds, difference)
    right = 0
    for pair in range(FEW):
        family = Family(look.means(pair), pairs(2))
        value, error = float(family.values[0]), float(family.errors[0])
        if abs(value) > family.multiple(LEVEL) * error:
            right += value > 0 and difference > 0
        elif abs(value) + family.multiple(2 * LEVEL - 1) * error <= MARGIN:
            right += difference < MARGIN
    return right / FEW


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
            "spreads, points": f"{row.first:g} and {row.second:g}",
            "difference": f"{row.difference:g}",
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
