"""What a training step minimises: the loss of each text, and what is added to it.

Of several labels, each decision about a text has a loss of its own.
"""

from __future__ import annotations

import torch
from pydantic import NonNegativeFloat, PositiveFloat, validate_call
from torch import Tensor

from rnn_sentiment.network import Network
from rnn_sentiment.types import Batch


def cross_entropy(network: Network, batch: Batch) -> tuple[Tensor, Tensor]:
    """Score a batch: its logits, and the losses `(B,)` or `(B, C)` in nats."""
    logits = network(batch)
    return logits, network.outcome.entropies(logits, batch.labels)


class Focal:
    """Cross-entropy in which good answers count less (Lin et al., 2017).

    Args:
        gamma: an answer that is right with probability p counts (1 - p) ** gamma times.
    """

    @validate_call
    def __init__(self, gamma: NonNegativeFloat) -> None:
        self.gamma = gamma

    def __call__(self, network: Network, batch: Batch) -> tuple[Tensor, Tensor]:
        """Score a batch: its logits, and the losses `(B,)` or `(B, C)`."""
        logits = network(batch)
        return logits, focused(network.outcome.entropies(logits, batch.labels), self.gamma)


def focused(entropies: Tensor, gamma: float) -> Tensor:
    """Weigh cross-entropies, of any shape, in nats by how wrong the answers are."""
    missing = -torch.expm1(-entropies)  # 1 - p
    # A power below 1 has an endless slope at 0.
    return missing.clamp(min=torch.finfo(missing.dtype).eps) ** gamma * entropies


class Adversarial:
    """Cross-entropy of a text as it is, plus that of the text moved to where it is hardest.

    The vectors of a text's words are moved along the gradient of its loss, all together by one
    length, and the label has to stay (Miyato et al., 2017). A step takes two to three times as
    long as one of plain cross-entropy.

    Args:
        size: the length, over all words of a text, in standard deviations of the entries of the
            batch's vectors. (The paper brings those to 1, and moves by 5.)
    """

    @validate_call
    def __init__(self, size: PositiveFloat) -> None:
        self.size = size

    def __call__(self, network: Network, batch: Batch) -> tuple[Tensor, Tensor]:
        """Score a batch: logits of its texts as they are, and both losses, added."""
        embedded = network.embedding(batch.tokens)  # (B, T, E)
        if not embedded.requires_grad:  # a table that is frozen
            embedded.requires_grad_()
        logits = network.score(embedded, batch)
        losses = network.outcome.entropies
        own = losses(logits, batch.labels)
        (gradient,) = torch.autograd.grad(own.sum(), embedded, retain_graph=True)
        moved = embedded + self.size * spread(embedded, batch.mask) * unit(gradient)
        return logits, own + losses(network.score(moved, batch), batch.labels)


def spread(embedded: Tensor, mask: Tensor) -> Tensor:
    """The standard deviation of all entries of the words' vectors, padding left out."""
    found: Tensor = embedded.detach()[mask].std()
    return found


def unit(gradient: Tensor) -> Tensor:
    """Each row of `gradient (B, T, E)` with length 1; one that is zero stays so."""
    length: Tensor = torch.linalg.vector_norm(gradient, dim=(1, 2), keepdim=True)
    return gradient / length.clamp_min(torch.finfo(gradient.dtype).tiny)
