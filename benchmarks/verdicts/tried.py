"""Whether another rule keeps errors between 3.5 and 5.5 % with three to five seeds.

    python -m benchmarks.verdicts.tried [CONTESTS]

Draws contests of equal architectures as `simulate` does, and pairs. Every rule says how large the
largest difference of a contest is; above which size it is called one is chosen on one set of draws,
so that the worst cell errs in 5 % of cases. Errors are then counted in another set. Writes
`tried.csv`, a row for each rule, number of seeds, and kind of comparison. Rules in closed form
(`closed`) come last; nothing is chosen for them. It takes ten minutes on
one core with 4,000 contests a cell.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from scipy.stats import qmc

from benchmarks.markdown import table
from benchmarks.verdicts import closed
from benchmarks.verdicts.simulate import CHANCE, OWN, SIZES, spreads
from rnn_sentiment.report.statistics import LEVEL

HERE = Path(__file__).parent
SEEDS, POINTS = (3, 4, 5), 2**10
KINDS = {"a pair by itself": (2,), "families of 3 to 8": SIZES}
WORST = 0.05
NORMAL = stats.norm.ppf((1 + LEVEL) / 2)
MODERATED = 0.95  # weight of a spread of its own; the rest has the mean of all spreads
STEEPNESS = np.arange(0, 6.5, 0.5)  # of the level in the degrees of freedom
RULES = {
    "plain": "bootstrap of the largest t, as in this package",
    "welch": "the same of t over its quantile at Welch's degrees of freedom",
    "satterthwaite": "the same at Satterthwaite's, of seeds and reviews",
    "moderated": "as with Welch's, each spread moved a twentieth towards the mean of all",
    "posterior": "as in this package, spreads drawn from what the seeds leave possible",
    "steep": "as in this package, stricter the fewer Welch's degrees of freedom",
    "games_howell": "studentized range at Welch's degrees of freedom",
    "range_of_both": "studentized range at Satterthwaite's, of seeds and reviews",
    "squares": "bootstrap of the difference over both parts' intervals, added as squares",
}

BOOTSTRAPPED = ("plain", "welch", "satterthwaite", "moderated", "squares")
ALL = (*BOOTSTRAPPED, "games_howell", "range_of_both")


def sizes(
    means: np.ndarray, shown: np.ndarray, seeds: int, names: Sequence[str]
) -> dict[str, np.ndarray]:
    """The largest difference of contests as some statistics measure it, `(...,)`.

    Args:
        means: of the architectures, `(..., K)`.
        shown: variances of the means as their seeds show them, `(..., K)`.
        seeds: of each architecture.
        names: of the statistics; beside them, `freedom` is Welch's of the pair with the largest t,
            as a multiple of one side's.
    """
    num, chance = means.shape[-1], CHANCE**2 / seeds
    first, second = np.triu_indices(num, 1)
    a, b = shown[..., first], shown[..., second]
    welch = (a**2 + b**2) / (a + b) ** 2 / (seeds - 1)  # the inverse of the degrees of freedom

    def sides(share: float) -> tuple[np.ndarray, np.ndarray]:
        mixed = share * shown + (1 - share) * shown.mean(-1, keepdims=True)
        excess = np.maximum(mixed - chance, 0)
        return excess[..., first], excess[..., second]

    def t_of(sides: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        variance = 2 * (OWN**2 + chance) + sides[0] + sides[1]
        return np.asarray(np.abs(means[..., first] - means[..., second]) / np.sqrt(variance))

    own = sides(1)
    t = t_of(own)
    student, studentized = quantiles(num, seeds)
    total = 2 * (OWN**2 + chance) + own[0] + own[1]
    both = (own[0] ** 2 + own[1] ** 2) / total**2 / (seeds - 1)
    # Student's square of the seeds, at their own degrees of freedom, and the normal one of the rest
    excess = np.maximum(own[0] + own[1], 1e-30)
    parts = np.clip((own[0] ** 2 + own[1] ** 2) / excess**2, 0.5, 1) / (seeds - 1)
    measures: dict[str, Callable[[], np.ndarray]] = {
        "plain": lambda: t,
        "welch": lambda: t / student(welch),
        "satterthwaite": lambda: t / student(both),
        "moderated": lambda: t_of(sides(MODERATED)) / student(welch),
        "squares": lambda: (
            t / np.sqrt(1 + excess / total * ((student(parts) / NORMAL) ** 2 - 1)) / NORMAL
        ),
        "games_howell": lambda: t / studentized(welch),
        "range_of_both": lambda: t / studentized(both),
    }
    return {name: measures[name]().max(-1) for name in names} | {
        "freedom": np.take_along_axis(1 / welch, t.argmax(-1)[..., None], -1)[..., 0] / (seeds - 1)
    }


@lru_cache
def quantiles(num: int, seeds: int) -> tuple[Curve, Curve]:
    """Student's and the studentized range's quantiles by the inverse degrees of freedom."""
    inverse = np.linspace(1e-3, 1 / (seeds - 1), 40)
    student = stats.t.ppf((1 + LEVEL) / 2, 1 / inverse)
    studentized = stats.studentized_range.ppf(LEVEL, num, 1 / inverse)
    return Curve(inverse, student), Curve(inverse, studentized)


class Curve:
    """A smooth positive curve through points."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.coefficients = np.polyfit(x, np.log(y), 4)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Its heights."""
        return np.asarray(np.exp(np.polyval(self.coefficients, x)))


def contest(generator: np.random.Generator, spread: np.ndarray, seeds: int) -> dict[str, float]:
    """How large each rule says that the largest difference of equal architectures is."""
    freedom = seeds - 1
    shown = spread**2 / seeds * generator.chisquare(freedom, len(spread)) / freedom
    shown = np.maximum(shown, CHANCE**2 / seeds)
    means = generator.normal(size=len(spread)) * np.sqrt(OWN**2 + spread**2 / seeds)
    normal, chi, inverse = points(len(spread), freedom)
    found = {name: float(size) for name, size in sizes(means, shown, seeds, ALL).items()}
    again = sizes(normal * np.sqrt(OWN**2 + shown), shown * chi, seeds, BOOTSTRAPPED)
    drawn = shown * inverse
    wide = sizes(normal * np.sqrt(OWN**2 + drawn), drawn * chi, seeds, ["plain"])["plain"]
    rare = {name: rarity(again[name], found[name]) for name in BOOTSTRAPPED}
    return found | rare | {"posterior": rarity(wide, found["plain"])}


def rarity(chance: np.ndarray, size: float) -> float:
    """Minus the logarithm of the share of sizes by chance that are as large."""
    return -float(np.log(((chance > size).sum() + 0.5) / (len(chance) + 1)))


@lru_cache
def points(num: int, freedom: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normal, chi-squared and inverse chi-squared numbers over Sobol's points."""
    drawn = qmc.Sobol(3 * num, seed=1).random(POINTS).clip(1e-9, 1 - 1e-9)
    normal, chi, inverse = np.split(drawn, 3, axis=1)
    chi, inverse = stats.chi2.ppf(chi, freedom), stats.chi2.ppf(inverse, freedom)
    return stats.norm.ppf(normal), chi / freedom, freedom / inverse


def errors(cells: list[pd.DataFrame], rule: str, steepness: float, limit: float) -> np.ndarray:
    """Shares of the contests of each cell that a rule gets wrong."""
    return np.array([(size_of(cell, rule, steepness) > limit).mean() for cell in cells])


def size_of(cell: pd.DataFrame, rule: str, steepness: float) -> pd.Series:
    """The sizes of one rule."""
    if rule != "steep":
        return cell[rule]
    return pd.Series(cell["plain"] + steepness * np.log(cell["freedom"]))


def limit_of(cells: list[pd.DataFrame], rule: str, steepness: float) -> float:
    """The size above which a difference is called one, so that the worst cell errs in 5 %."""
    return float(max(size_of(cell, rule, steepness).quantile(1 - WORST) for cell in cells))


def try_rules(seeds: int, families: int) -> pd.DataFrame:
    """Least and largest coverage of each rule, in percent, on draws that did not choose it."""
    generator, rows = np.random.default_rng([1, seeds]), []
    for kind, nums in KINDS.items():
        grid = {tuple(s): s for num in nums for s in spreads(num).values()}.values()
        chosen, judged = (
            [pd.DataFrame([contest(generator, s, seeds) for _ in range(families)]) for s in grid]
            for _ in range(2)
        )
        for rule in RULES:
            options = STEEPNESS if rule == "steep" else [0.0]
            limits = [limit_of(chosen, rule, steepness) for steepness in options]
            best = max(
                zip(options, limits, strict=True),
                key=lambda option: errors(chosen, rule, *option).min(),
            )
            wrong = 100 * errors(judged, rule, *best)
            rows.append(
                {
                    "rule": rule,
                    "comparison": kind,
                    "seeds": seeds,
                    "cells": len(judged),
                    "least": round(float(100 - wrong.max()), 2),
                    "most": round(float(100 - wrong.min()), 2),
                }
            )
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def table_of_rules() -> str:
    """The coverage of each rule, for each kind of comparison and number of seeds."""
    found = pd.read_csv(HERE / "tried.csv")
    titles = RULES | {name: rule.title for name, rule in closed.RULES.items()}
    return table(
        {
            "rule": titles[str(rule)],
            "comparison": kind,
            **{
                f"{row.seeds} seeds": f"{row.least:.1f} to {row.most:.1f}" for row in g.itertuples()
            },
        }
        for (kind, rule), g in found.groupby(["comparison", "rule"], sort=False)
    )


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    found = pd.concat(
        [*(try_rules(seeds, size) for seeds in SEEDS), *map(closed.try_closed, SEEDS)]
    )
    found.to_csv(HERE / "tried.csv", index=False)
