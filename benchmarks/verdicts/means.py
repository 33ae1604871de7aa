"""How often the interval of a mean holds for the architecture: fresh seeds, other reviews.

    python -m benchmarks.verdicts.means [CONTESTS]

Draws architectures as `simulate` does, one at a time, and counts how often the interval of
`rnn_sentiment.report.family.own` has the truth in it. Writes `means.csv`, a row for each number of
seeds and spread. It takes a minute on one core with 4,000 of each.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.markdown import table
from benchmarks.verdicts.simulate import CHANCE, SEEDS
from rnn_sentiment.report.family import own
from rnn_sentiment.report.variance import Means

HERE = Path(__file__).parent
SPREADS = (0.2, 0.5, 1.0, 2.0)
REVIEWS = 0.22  # points, of the accuracy of one run on 25,000 reviews


def coverage(generator: np.random.Generator, seeds: int, spread: float, contests: int) -> float:
    """Percent of the intervals that hold."""
    chance, common = CHANCE**2 / seeds, REVIEWS**2 - CHANCE**2
    shown = spread**2 / seeds * generator.chisquare(seeds - 1, contests) / (seeds - 1)
    values = generator.normal(0, np.sqrt(common + spread**2 / seeds), contests)
    held = [
        own(
            Means(
                np.array([value]),
                np.array([seeds]),
                np.array([variance]),
                np.array([chance]),
                np.array([[common + chance]]),
            )
        ).contains(0)
        for value, variance in zip(values, shown, strict=True)
    ]
    return round(100 * float(np.mean(held)), 2)


def table_of_means() -> str:
    """Coverage for each number of seeds and spread."""
    found = pd.read_csv(HERE / "means.csv")
    return table(
        {
            "seeds": seeds,
            **{f"spread {row.spread:g}": f"{row.coverage:.1f}" for row in rows.itertuples()},
        }
        for seeds, rows in found.groupby("seeds")
    )


def main() -> None:
    """Simulate, and write the table."""
    contests = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    generator = np.random.default_rng(0)
    pd.DataFrame(
        {
            "seeds": seeds,
            "spread": spread,
            "coverage": coverage(generator, seeds, spread, contests),
        }
        for seeds in SEEDS
        for spread in SPREADS
    ).to_csv(HERE / "means.csv", index=False)


if __name__ == "__main__":
    main()
