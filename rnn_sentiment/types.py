"""Shared types: batches and numeric ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

if TYPE_CHECKING:
    from torch import Tensor

Rate = Annotated[float, Field(ge=0, lt=1)]  # a dropout rate
Fraction = Annotated[float, Field(gt=0, lt=1)]  # a part of a corpus
Share = Annotated[float, Field(ge=0, le=1)]


class Batch(NamedTuple):
    """Texts as a model reads them: `tokens (B, T)`, `lengths (B,)`, `labels (B,)`, int64.

    An `Outcome` interprets the labels.
    """

    tokens: Tensor
    lengths: Tensor
    labels: Tensor

    @property
    def mask(self) -> Tensor:
        """(B, T) bool: True at a token, False at padding."""
        return make_mask(self.lengths, self.tokens.shape[1])


class BatchWithUnlabelled(NamedTuple):
    """A training batch together with a batch of `unlabelled` texts, whose labels are -1."""

    tokens: Tensor
    lengths: Tensor
    labels: Tensor
    unlabelled: Batch

    @property
    def mask(self) -> Tensor:
        """(B, T) bool: True at a token of a labelled text."""
        return make_mask(self.lengths, self.tokens.shape[1])


TrainingBatch = Batch | BatchWithUnlabelled


def make_mask(lengths: Tensor, num_steps: int) -> Tensor:
    """Turn `lengths (B,)` into the mask `(B, num_steps)`."""
    import torch  # takes a second, and most importers of this module have it already

    return torch.arange(num_steps, device=lengths.device) < lengths[:, None]
