"""How much the rows of each class, or the texts with each label, count in training."""

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
        class_weights: a weight for each class, which its rows get, or for each label, which the
            decisions about texts that have it get. `balanced` gives all classes the same total
            weight, and rows a mean weight of 1; of several labels, the texts that have one weigh
            as much as those that do not. None weighs all alike.
    """

    class_weights: Literal["balanced"] | list[Weight] | None = None

    def weights(self, outcome: Outcome, counts: Sequence[int], num_texts: int) -> Tensor | None:
        """The weight of each class or label, (C,); None where all weigh alike.

        Args:
            outcome: what is said of a text.
            counts: training texts of each class, or with each label.
            num_texts: training texts.

        Raises:
            UserError: there is not one weight for each class or label.
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
