"""How much the rows of each class count in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from pydantic import Field, FiniteFloat
from pydantic.dataclasses import dataclass
from torch import Tensor

from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import OneOf, Outcome

Weight = Annotated[FiniteFloat, Field(gt=0)]


@dataclass(frozen=True)
class Loss:
    """The section `loss` of a configuration.

    Args:
        class_weights: by label; `balanced` gives all classes the same total weight, and rows a
            mean weight of 1. None weighs all rows alike.
    """

    class_weights: Literal["balanced"] | list[Weight] | None = None

    def weights(self, outcome: Outcome, counts: Sequence[int]) -> Tensor | None:
        """The weight of each class, (C,); None where all weigh alike.

        Args:
            outcome: what is said of a text.
            counts: training rows of each class.

        Raises:
            UserError: there is not one weight for each class, or a row has several labels.
        """
        if self.class_weights is None:
            return None
        if not isinstance(outcome, OneOf):
            raise UserError(
                f"loss.class_weights={self.class_weights}: a text with several labels has no "
                "class to weigh it by; leave it out, or use objective=focal"
            )
        if self.class_weights == "balanced":
            rows = torch.tensor(counts, dtype=torch.float)
            present = rows > 0
            return torch.where(present, rows.sum() / (present.sum() * rows.clamp(min=1)), 1.0)
        if len(self.class_weights) != len(counts):
            raise UserError(
                f"loss.class_weights has {len(self.class_weights)} numbers, but there are "
                f"{len(counts)} classes; give one for each, or balanced"
            )
        return torch.tensor(self.class_weights)
