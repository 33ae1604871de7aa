"""A softmax over a large vocabulary, most of it spent on frequent words (Grave et al., 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


class AdaptiveSoftmax(nn.AdaptiveLogSoftmaxWithLoss):
    """`nn.AdaptiveLogSoftmaxWithLoss` for ids in any order, whose weights may be an embedding's.

    The ids are ranked by how often they occur. Losses are summed in float32 also where products
    are of bfloat16 numbers.

    Args:
        input_dim: features D of a state.
        counts: (V,) how often each id occurs.
        cutoffs: ranks at which a cluster of rarer ids begins; those behind the last id are left
            out.
        table: (V, E) an embedding's weights, in place of those that map to ids (Press & Wolf,
            2017; Inan et al., 2017); states are projected to E features first.
    """

    ranks: Tensor
    ids: Tensor

    def __init__(
        self,
        input_dim: int,
        counts: np.ndarray,
        cutoffs: Sequence[int],
        table: nn.Parameter | None = None,
    ) -> None:
        size = len(counts)
        used = [cutoff for cutoff in cutoffs if cutoff < size] or [size - 1]
        dim = input_dim if table is None else table.shape[1]
        # Clusters of rarer ids have fewer features, but for those of an embedding.
        super().__init__(dim, size, used, div_value=4.0 if table is None else 1.0)
        ids = torch.from_numpy(np.argsort(-counts, kind="stable"))
        self.register_buffer("ids", ids)  # by rank
        self.register_buffer("ranks", torch.argsort(ids))  # by id
        self.table = None
        self.projection: nn.Module = nn.Identity()
        if table is not None:
            self.table = table
            self.projection = nn.Linear(input_dim, dim, bias=False)
            self.clusters = nn.Parameter(self.head.weight.detach()[self.shortlist_size :].clone())
            del self.head
            for tail in self.tail:
                assert isinstance(tail, nn.Sequential)
                del tail[1]

    def forward(self, states: Tensor, targets: Tensor) -> Tensor:  # type: ignore[override]
        """Losses, (N,) float32 in nats, of `targets (N,)` ids after `states (N, D)`."""
        states = self.projection(states)
        classes = self.ranks[targets]
        first, losses = classes, torch.zeros(len(classes), device=states.device)
        for number, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            rows = ((classes >= low) & (classes < high)).nonzero().squeeze(1)
            own = F.cross_entropy(
                self._tail(number, states[rows]).float(), classes[rows] - low, reduction="none"
            )
            losses = losses.index_add(0, rows, own)
            first = first.index_fill(0, rows, self.shortlist_size + number)
        return losses + F.cross_entropy(self._head(states).float(), first, reduction="none")

    def _head(self, states: Tensor) -> Tensor:
        """Scores of the frequent ids and of the clusters."""
        if self.table is None:
            scores: Tensor = self.head(states)
            return scores
        frequent = self.table[self.ids[: self.shortlist_size]]
        return F.linear(states, torch.cat([frequent, self.clusters]))

    def _tail(self, number: int, states: Tensor) -> Tensor:
        """Scores of the ids of a cluster."""
        scores: Tensor = self.tail[number](states)
        if self.table is None:
            return scores
        low, high = self.cutoffs[number : number + 2]
        return F.linear(scores, self.table[self.ids[low:high]])
