"""Class weights: how much each class or label counts in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from pydantic import Field, FiniteFloat
from pydantic.dataclasses import dataclass
from torch import Tensor

from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import AnyOf, Outcome

Weight = Annotated[FiniteFloat, Field(gt=0)]


@dataclass(frozen=True)
class Loss:
    """The section `loss` of a configuration.

    Args:
        class_weights: a weight for each class, applied to its rows, or for each label, applied to
            the decisions about texts that have it. `balanced` gives all classes the same total
            weight, with a mean weight of 1 per row; with several labels, the texts that have a
            label together weigh as much as those that do not. None gives equal weights.
    """

    class_weights: Literal["balanced"] | list[Weight] | None = None

    def weights(self, outcome: Outcome, counts: Sequence[int], num_texts: int) -> Tensor | None:
        """The weight of each class or label, (C,); None for equal weights.

        Args:
            outcome: how labels are interpreted.
            counts: number of training texts of each class, or with each label.
            num_texts: number of training texts.

        Raises:
            UserError: the number of weights differs from that of classes or labels.
        """
        if self.class_weights is None:
            return None
        if self.class_weights == "balanced":
            rows = torch.tensor(counts, dtype=torch.float)
            if isinstance(outcome, AnyOf):
                others = num_texts - rows
                return torch.where((rows > 0) & (others > 0), others / rows.clamp(min=1), 1.0)
            present = rows > 0
            return torch.where(present, rows.sum() / (present.sum() * rows.clamp(min=1)), 1.0)
        if len(self.class_weights) != len(counts):
            kind = "labels" if isinstance(outcome, AnyOf) else "classes"
            raise UserError(
                f"loss.class_weights has {len(self.class_weights)} numbers, but there are "
                f"{len(counts)} {kind}; give one for each, or balanced"
            )
        return torch.tensor(self.class_weights)
