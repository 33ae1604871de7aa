"""How often verdicts are wrong, and what they find, in simulated contests.

    python -m benchmarks.verdicts.simulate [FAMILIES]

Draws contests of equal architectures: seeds whose accuracies spread by 0.2 to 2 points, alike or
not, on 25,000 reviews with mistakes as correlated as those of the committed shootout; then contests
in which one architecture is behind. Writes `errors.csv` and `power.csv`, a row for each cell. It
takes half an hour on one core with 2,500 families a cell.

Three procedures judge the same contests: `ours` (`rnn_sentiment.report.family`), `games_howell`
(the studentized range with Welch's degrees of freedom from the seeds) and `holm` (Student's t with
Satterthwaite's degrees of freedom, adjusted by Holm, as reports did at first).
"""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from benchmarks.markdown import table
from rnn_sentiment.report.family import Family, pairs
from rnn_sentiment.report.statistics import LEVEL
from rnn_sentiment.report.variance import Means

HERE = Path(__file__).parent
# Standard deviations in points, as in the shootout: what a seed answers differently from another of
# its architecture, and what an architecture answers differently from another one.
CHANCE, OWN = 0.13, 0.12 / 2**0.5
SEEDS, SIZES = (3, 4, 5, 7, 10), (3, 5, 8)
SHOOTOUT = (0.19, 0.20, 0.83, 0.33, 0.35, 0.33, 0.36, 1.86)
BEHIND = {  # spreads, and how far the last one is behind
    "the shootout's spreads, the plain RNN 5.3 points behind": (SHOOTOUT, 5.3),
    "eight spreads of 0.33, one 1 point behind": ((0.33,) * 8, 1.0),
    "eight spreads of 0.2, one 0.6 points behind": ((0.2,) * 8, 0.6),
}


def spreads(num: int) -> dict[str, np.ndarray]:
    """Standard deviations over seeds, in points."""
    half = num // 2
    return {
        "all 0.2": np.full(num, 0.2),
        "all 0.5": np.full(num, 0.5),
        "all 2": np.full(num, 2.0),
        "0.2 to 2": np.geomspace(0.2, 2, num),
        "0.2, one 2": np.r_[np.full(num - 1, 0.2), 2.0],
        "2, one 0.2": np.r_[np.full(num - 1, 2.0), 0.2],
        "half 0.2, half 2": np.r_[np.full(half, 0.2), np.full(num - half, 2.0)],
    }


def contests(
    generator: np.random.Generator, spread: np.ndarray, seeds: int, families: int
) -> list[Means]:
    """Contests of equal architectures, in points."""
    num = len(spread)
    chance = np.full(num, CHANCE**2 / seeds)
    reviews = np.diag(OWN**2 + chance)
    shown = spread**2 / seeds * generator.chisquare(seeds - 1, (families, num)) / (seeds - 1)
    true = np.sqrt(OWN**2 + spread**2 / seeds)
    values = generator.normal(size=(families, num)) * true
    count = np.full(num, seeds)
    return [Means(v, count, s, chance, reviews) for v, s in zip(values, shown, strict=True)]


def judge(found: Means) -> tuple[np.ndarray, np.ndarray]:
    """Which pairs each procedure calls different, `(3, P)`, and the pairs' contrasts."""
    family = Family(found, contrasts := pairs(len(found.values)))
    ours = np.array([estimate.p < 1 - LEVEL for estimate in family.estimates()])
    size = np.abs(family.values) / family.errors
    terms = (contrasts != 0) * found.seeds
    welch = terms.sum(1) ** 2 / (terms**2 / (found.num_seeds - 1)).sum(1)
    share = np.minimum(terms.sum(1) / family.errors**2, 1)
    games = size > np.exp(np.interp(1 / welch, *range_quantiles(len(found.values)))) / 2**0.5
    plain = multipletests(2 * stats.t.sf(size, welch / share**2), 1 - LEVEL, "holm")[0]
    return np.stack([ours, games, plain]), contrasts


@lru_cache
def range_quantiles(num: int) -> tuple[np.ndarray, np.ndarray]:
    """Inverse degrees of freedom, and logarithms of the studentized range's quantiles."""
    inverse = np.linspace(1e-6, 1, 40)
    return inverse, np.log(stats.studentized_range.ppf(LEVEL, num, 1 / inverse))


TITLES = {"ours": "this package", "games_howell": "Games and Howell", "holm": "Student and Holm"}


def errors_of(generator: np.random.Generator, families: int) -> pd.DataFrame:
    """Percent of the families of equal architectures with some false verdict."""
    rows = []
    for seeds in SEEDS:
        for num in SIZES:
            for name, spread in spreads(num).items():
                found = contests(generator, spread, seeds, families)
                wrong = np.mean([judge(one)[0].any(1) for one in found], axis=0)
                cell = {"seeds": seeds, "architectures": num, "spreads": name}
                rows.append(cell | dict(zip(TITLES, (100 * wrong).round(2).tolist(), strict=True)))
                print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def power_of(generator: np.random.Generator, families: int) -> pd.DataFrame:
    """Percent of the pairs with the one that is behind that are found different."""
    rows = []
    for name, (spread, behind) in BEHIND.items():
        for seeds in SEEDS:
            shift = np.r_[np.zeros(len(spread) - 1), behind]
            found = contests(generator, np.array(spread), seeds, families)
            right, promised = [], []
            for one in found:
                moved = Means(one.values - shift, *list(vars(one).values())[1:])
                verdicts, contrasts = judge(moved)
                right.append(verdicts[:, contrasts[:, -1] != 0].mean(1))
                least = Family(moved, contrasts).detectable(0.8)[contrasts[:, -1] != 0]
                promised.append(np.median(least))
            cell = {"contest": name, "seeds": seeds}
            cell |= dict(zip(TITLES, (100 * np.mean(right, axis=0)).round(1).tolist(), strict=True))
            rows.append(cell | {"detectable": round(float(np.median(promised)), 2)})
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def table_of_errors() -> str:
    """The best and the worst cell of each number of seeds, for each procedure."""
    found = pd.read_csv(HERE / "errors.csv")
    return table(
        {
            "seeds": seeds,
            "cells": len(cells),
            **{
                title: f"{cells[name].min():.1f} to {cells[name].max():.1f}"
                for name, title in TITLES.items()
            },
        }
        for seeds, cells in found.groupby("seeds")
    )


def table_of_power() -> str:
    """What is found, for each contest and number of seeds."""
    found = pd.read_csv(HERE / "power.csv")
    return table(
        {
            "contest": row.contest,
            "seeds": row.seeds,
            **{title: f"{getattr(row, name):.0f}" for name, title in TITLES.items()},
            "found in 80 % of cases, points": f"{row.detectable:.1f}",
        }
        for row in found.itertuples()
    )


def main() -> None:
    """Simulate, and write both tables."""
    families = int(sys.argv[1]) if len(sys.argv) > 1 else 2500
    generator = np.random.default_rng(0)
    power_of(generator, families).to_csv(HERE / "power.csv", index=False)
    errors_of(generator, families).to_csv(HERE / "errors.csv", index=False)


if __name__ == "__main__":
    main()
