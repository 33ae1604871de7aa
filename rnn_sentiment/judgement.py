"""How a run is scored, according to its configuration and the classes of its corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic.dataclasses import dataclass

from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import OneOf, Outcome

if TYPE_CHECKING:
    from omegaconf import DictConfig


@dataclass(frozen=True)
class Yardstick:
    """What the scores of a run depend on.

    Args:
        positive: with two classes, the label (0 or 1) whose F1 is reported.
        places: (C,) positions of ordered classes; None if they have no order.
    """

    positive: Literal[0, 1] = 1
    places: list[int] | None = None


DEFAULT_YARDSTICK = Yardstick()  # also for runs that are older than the section `metrics`


@dataclass(frozen=True)
class Judgement:
    """How a run is scored: the section `metrics` of a configuration.

    Args:
        positive: with two classes, the name of the one whose F1 is reported; None for the second.
        best: the metric that chooses the best epoch.
        ordered: the classes have an order, so also score how far off answers are.
    """

    positive: str | int | None = None
    best: Literal[
        "val/accuracy",
        "val/micro_f1",
        "val/macro_f1",
        "val/f1",
        "val/auroc",
        "val/mean_absolute_error",
        "val/quadratic_kappa",
        "val/calibration_error",
        "val/loss",
    ] = "val/accuracy"
    ordered: bool = False

    def positive_label(self, outcome: Outcome, names: Sequence[str]) -> Literal[0, 1]:
        """The label (0 or 1) whose F1 is reported.

        Raises:
            UserError: the class does not exist, or there are more than two classes.
        """
        if self.positive is None:
            return 1
        if outcome != OneOf(2):
            what = "classes" if isinstance(outcome, OneOf) else "labels"
            raise UserError(
                f"metrics.positive={self.positive}: with {len(names)} {what} F1 is the mean over "
                "all of them; leave it out"
            )
        if str(self.positive) not in names:
            raise UserError(
                f"metrics.positive={self.positive} is not one of the classes {', '.join(names)}"
            )
        return 1 if names.index(str(self.positive)) else 0

    def yardstick(
        self, outcome: Outcome, names: Sequence[str], in_order: bool = False
    ) -> Yardstick:
        """What the scores of a run depend on.

        Args:
            outcome: how labels are interpreted.
            names: names of the classes.
            in_order: whether the user gave the names in the order of the classes.

        Raises:
            UserError: a setting does not fit the classes.
        """
        found = places(outcome, names, in_order) if self.ordered else None
        return Yardstick(self.positive_label(outcome, names), found)


def judgement_of(cfg: DictConfig) -> Judgement:
    """How a run is scored; runs of older versions do not say, and get the defaults."""
    from rnn_sentiment.configuration import make  # bundles are read without Hydra

    found: Judgement = make(cfg, "metrics") if cfg.get("metrics") else Judgement()
    return found


def yardstick_of(cfg: DictConfig, outcome: Outcome, names: Sequence[str]) -> Yardstick:
    """What the scores of a run depend on.

    Raises:
        UserError: a setting does not fit the classes.
    """
    source = (cfg.get("data") or {}).get("source") or {}
    in_order = source.get("labels") is not None
    return judgement_of(cfg).yardstick(outcome, names, in_order)


def places(outcome: Outcome, names: Sequence[str], in_order: bool) -> list[int]:
    """The position of each class: its number if all names are whole numbers, else its rank.

    Args:
        outcome: how labels are interpreted.
        names: names of the classes.
        in_order: whether the user gave the names in the order of the classes.

    Raises:
        UserError: the classes have no order.
    """
    if not isinstance(outcome, OneOf):
        raise UserError("metrics.ordered=true: the labels of a text have no order; leave it out")
    try:
        return [int(name) for name in names]
    except ValueError:
        if in_order:
            return list(range(len(names)))
    raise UserError(
        f"metrics.ordered=true: the classes {', '.join(names)} are not whole numbers; give "
        "their order, for example data.labels=[bad,fair,good]"
    )
