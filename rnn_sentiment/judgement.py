"""How a run is judged, as its configuration says it, and what its scores measure by."""

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
    """What scores measure by.

    Args:
        positive: of two classes, the label, 0 or 1, whose F1 is stated.
        places: (C,) of classes in an order; None where they have none.
    """

    positive: Literal[0, 1] = 1
    places: list[int] | None = None


DEFAULT_YARDSTICK = Yardstick()  # also of runs that are older than the section `metrics`


@dataclass(frozen=True)
class Judgement:
    """How a run is judged: the section `metrics` of a configuration.

    Args:
        positive: of two classes, the one whose F1 is stated, by name; None for the second.
        best: what the best epoch has the best value of.
        ordered: the classes have an order, and an answer counts by how far off it is.
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
        """The label, 0 or 1, whose F1 is stated.

        Raises:
            UserError: there is no such class, or there are more than two.
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
        """What the scores of a run measure by.

        Args:
            outcome: what is said of a text.
            names: of the classes.
            in_order: somebody gave the names in the order of the classes.

        Raises:
            UserError: a setting does not suit the classes.
        """
        found = places(outcome, names, in_order) if self.ordered else None
        return Yardstick(self.positive_label(outcome, names), found)


def judgement_of(cfg: DictConfig) -> Judgement:
    """How a run is judged; runs of older versions do not say, and are judged as by default."""
    from rnn_sentiment.configuration import make  # bundles are read without Hydra

    found: Judgement = make(cfg, "metrics") if cfg.get("metrics") else Judgement()
    return found


def yardstick_of(cfg: DictConfig, outcome: Outcome, names: Sequence[str]) -> Yardstick:
    """What the scores of a run measure by.

    Raises:
        UserError: a setting does not suit the classes.
    """
    source = (cfg.get("data") or {}).get("source") or {}
    in_order = source.get("labels") is not None
    return judgement_of(cfg).yardstick(outcome, names, in_order)


def places(outcome: Outcome, names: Sequence[str], in_order: bool) -> list[int]:
    """Where each class stands: at its number where all names are whole numbers, else at its rank.

    Args:
        outcome: what is said of a text.
        names: of the classes.
        in_order: somebody gave the names in the order of the classes.

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
