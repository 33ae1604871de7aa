"""A softmax over a large vocabulary that favours frequent words (Grave et al., 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnn_sentiment.pretraining.cross_entropy import linear_cross_entropy


class AdaptiveSoftmax(nn.AdaptiveLogSoftmaxWithLoss):
    """`nn.AdaptiveLogSoftmaxWithLoss` for ids in any order, optionally tied to an embedding.

    The ids are ranked by frequency.

    Args:
        input_dim: number of features D of a state.
        counts: (V,) how often each id occurs.
        cutoffs: ranks at which clusters of rarer ids begin; those beyond the last id are ignored.
        table: (V, E) weights of an embedding, used as output weights (Press & Wolf, 2017; Inan et
            al., 2017); states are first projected to E features.
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
        # A cluster has a quarter of the features of the previous one, but at least one; with the
        # vectors of an embedding, it has all of them.
        less = min(4, int(dim ** (1 / len(used)))) if table is None else 1
        super().__init__(dim, size, used, div_value=float(less))
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
        """Sum of the losses, in nats and float32, of `targets (N,)` ids after `states (N, D)`."""
        states = self.projection(states)
        classes = self.ranks[targets]
        first, total = classes, torch.zeros((), device=states.device)
        for number, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            rows = ((classes >= low) & (classes < high)).nonzero().squeeze(1)
            own, weight = self._tail(number, states[rows])
            total = total + linear_cross_entropy(own, weight, classes[rows] - low)
            first = first.index_fill(0, rows, self.shortlist_size + number)
        return total + linear_cross_entropy(states, self._head(), first)

    def _head(self) -> Tensor:
        """The output weights: a row for each frequent id and each cluster."""
        if self.table is None:
            own: Tensor = self.head.weight
            return own
        return torch.cat([self.table[self.ids[: self.shortlist_size]], self.clusters])

    def _tail(self, number: int, states: Tensor) -> tuple[Tensor, Tensor]:
        """The states as a cluster reads them, and its weights: a row for each of its ids."""
        tail: Any = self.tail[number]
        own = tail[0](states)
        if self.table is None:
            return own, tail[1].weight
        low, high = self.cutoffs[number : number + 2]
        return own, self.table[self.ids[low:high]]
