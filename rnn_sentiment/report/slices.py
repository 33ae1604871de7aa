"""Slices of the test part: the reviews with the most negations, rare words and other cues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rnn_sentiment.report.cues import count_cues
from rnn_sentiment.report.row import Row

FIFTH = 0.2
FEWEST = 10  # reviews of a class inside a slice, and outside
Stratum = tuple[np.ndarray, float]


@dataclass(frozen=True)
class Slice:
    """Some of the test reviews.

    Attributes:
        name: the cue that is frequent in them.
        about: a description.
        inside: whether each review is in the slice, `(N,)` bool, in the order of a row's reviews.
        labels: of all reviews, `(N,)`.
    """

    name: str
    about: str
    inside: np.ndarray
    labels: np.ndarray

    @property
    def strata(self) -> list[Stratum]:
        """The reviews inside, by class, with weights that count every class alike."""
        classes = np.unique(self.labels)
        return [(self.inside & (self.labels == label), 1 / len(classes)) for label in classes]

    @property
    def others(self) -> list[Stratum]:
        """The reviews outside, to be subtracted."""
        rest = Slice(self.name, self.about, ~self.inside, self.labels)
        return [(mask, -weight) for mask, weight in rest.strata]


def slices(rows: Sequence[Row], reviews: pd.DataFrame) -> list[Slice]:
    """The slices of the test reviews that rows share; those of too few reviews are left out.

    Raises:
        UserError: the texts cannot be read; the message gives the reason.
    """
    labels, lengths = reviews["label"].to_numpy(), reviews["length"].to_numpy()
    shortest, longest = np.quantile(lengths, [FIFTH, 1 - FIFTH])
    found = [
        Slice("short", f"at most {shortest:,.0f} tokens", lengths <= shortest, labels),
        Slice("long", f"at least {longest:,.0f} tokens", lengths >= longest, labels),
    ]
    counts = count_cues([run for row in rows for run in row.runs], list(reviews.index))
    for name, column in counts.items():
        share = column.to_numpy() / np.maximum(lengths, 1)
        least = np.quantile(share, 1 - FIFTH)
        inside = (share >= least) & (share > 0)
        about = f"at least {100 * share[inside].min(initial=1):.1f} in 100 tokens"
        found.append(Slice(str(name), about, inside, labels))
    return [
        one for one in found if min(mask.sum() for mask, _ in (*one.strata, *one.others)) >= FEWEST
    ]
