"""Training objectives: the loss of each text, and regularisation terms.

With several labels, each decision about a text has its own loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from pydantic import NonNegativeFloat, PositiveFloat, validate_call
from torch import Tensor

from rnn_sentiment.network import Network
from rnn_sentiment.types import BatchWithUnlabelled, Rate, TrainingBatch


def cross_entropy(network: Network, batch: TrainingBatch) -> tuple[Tensor, Tensor]:
    """Return the logits of a batch, and its losses, `(B,)` or `(B, C)`, in nats."""
    logits = network(batch)
    return logits, network.outcome.cross_entropies(logits, batch.labels)


class Focal:
    """Focal loss: cross-entropy in which good answers count less (Lin et al., 2017).

    Args:
        gamma: an answer that gives the right class probability p is weighted by (1 - p) ** gamma.
    """

    @validate_call
    def __init__(self, gamma: NonNegativeFloat) -> None:
        self.gamma = gamma

    def __call__(self, network: Network, batch: TrainingBatch) -> tuple[Tensor, Tensor]:
        """Return the logits of a batch, and its losses, `(B,)` or `(B, C)`."""
        logits = network(batch)
        return logits, focused(network.outcome.cross_entropies(logits, batch.labels), self.gamma)


def focused(cross_entropies: Tensor, gamma: float) -> Tensor:
    """Weight cross-entropies in nats, of any shape, by how wrong the answers are."""
    missing = -torch.expm1(-cross_entropies)  # 1 - p
    # A power below 1 has an infinite slope at 0.
    return missing.clamp(min=torch.finfo(missing.dtype).eps) ** gamma * cross_entropies


class LabelSmoothing:
    """Cross-entropy with smoothed targets (Szegedy et al., 2016).

    Args:
        smoothing: share of the target that is spread evenly over all classes.
    """

    @validate_call
    def __init__(self, smoothing: Rate) -> None:
        self.smoothing = smoothing

    def __call__(self, network: Network, batch: TrainingBatch) -> tuple[Tensor, Tensor]:
        """Return the logits of a batch, and its losses, `(B,)` or `(B, C)`."""
        logits, hard = cross_entropy(network, batch)
        outcome = network.outcome
        uniform = outcome.probabilities(torch.zeros_like(logits))
        soft = outcome.soft_cross_entropies(logits, uniform)
        return logits, (1 - self.smoothing) * hard + self.smoothing * soft


class Adversarial:
    """Adversarial training: cross-entropy of each text, plus that of a perturbed copy.

    The word vectors of a text are moved together by a fixed length along the gradient of its loss,
    and the label has to stay the same (Miyato et al., 2017). A step takes two to three times as
    long as one of plain cross-entropy.

    Args:
        size: the length, over all words of a text, in standard deviations of the entries of the
            batch's vectors. (The paper normalises those to 1, and moves by 5.)
    """

    @validate_call
    def __init__(self, size: PositiveFloat) -> None:
        self.size = size

    def __call__(self, network: Network, batch: TrainingBatch) -> tuple[Tensor, Tensor]:
        """Return the logits of the unperturbed texts, and the sum of both losses."""
        embedded = network.embedding(batch.tokens)  # (B, T, E)
        if not embedded.requires_grad:  # the table is frozen
            embedded.requires_grad_()
        score = network.scorer(batch)
        logits = score(embedded)
        losses = network.outcome.cross_entropies
        own = losses(logits, batch.labels)
        (gradient,) = torch.autograd.grad(own.sum(), embedded, retain_graph=True)
        moved = embedded + self.size * spread(embedded, batch.mask) * unit(gradient)
        return logits, own + losses(score(moved), batch.labels)


class VirtualAdversarial:
    """Virtual adversarial training: cross-entropy, plus the largest change of the answer nearby.

    The second term needs no labels, so unlabelled texts count too. It is the divergence of the
    answer to a perturbed text from that to the original. The direction is found from a random
    perturbation of the same length (Miyato et al., 2016 and 2017), since a much smaller one would
    be lost in bfloat16. A step takes several times as long as one of plain cross-entropy.

    Args:
        size: the length of the perturbation, as in `Adversarial`.
    """

    @validate_call
    def __init__(self, size: PositiveFloat) -> None:
        self.size = size

    def __call__(self, network: Network, batch: TrainingBatch) -> tuple[Tensor, Tensor]:
        """Return the logits of the labelled texts, and their losses plus the mean change."""
        embedded = network.embedding(batch.tokens)  # (B, T, E)
        score = network.scorer(batch)
        logits = score(embedded)
        changes = [self.change(network, batch, score, embedded, logits)]
        if isinstance(batch, BatchWithUnlabelled):
            further = batch.unlabelled
            embedded = network.embedding(further.tokens)
            score = network.scorer(further)
            with torch.no_grad():
                answers = score(embedded)
            changes.append(self.change(network, further, score, embedded, answers))
        return logits, network.outcome.cross_entropies(logits, batch.labels) + torch.cat(
            changes
        ).mean()

    def change(
        self,
        network: Network,
        batch: TrainingBatch,
        score: Callable[[Tensor], Tensor],
        embedded: Tensor,
        logits: Tensor,
    ) -> Tensor:
        """How much each answer changes, in nats: `(B,)`, or `(B, C)` for several labels.

        Args:
            network: the network.
            batch: the batch.
            score: computes the logits of the batch from word vectors.
            embedded: `(B, T, E)`, the word vectors of the batch.
            logits: the logits for these vectors.
        """
        outcome, own = network.outcome, logits.detach()
        shares = outcome.probabilities(own)
        entropy = outcome.soft_cross_entropies(own, shares)
        scale = spread(embedded, batch.mask)

        def divergence(base: Tensor, move: Tensor) -> Tensor:
            moved = score(base + scale * move)
            return outcome.soft_cross_entropies(moved, shares) - entropy

        noise = torch.randn_like(embedded) * batch.mask[:, :, None]
        probe = (self.size * unit(noise)).requires_grad_()
        with constant(network):  # a layer computes all its gradients at once, those of weights too
            probed = divergence(embedded.detach(), probe).sum()
        (gradient,) = torch.autograd.grad(probed, probe)
        return divergence(embedded, self.size * unit(gradient))


@contextmanager
def constant(network: Network) -> Iterator[None]:
    """Compute without gradients for the weights."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_()


def spread(embedded: Tensor, mask: Tensor) -> Tensor:
    """The standard deviation of all entries of the word vectors, without padding."""
    found: Tensor = embedded.detach()[mask].std()
    return found


def unit(gradient: Tensor) -> Tensor:
    """Scale each row of `gradient (B, T, E)` to length 1; zero rows stay zero."""
    length: Tensor = torch.linalg.vector_norm(gradient, dim=(1, 2), keepdim=True)
    return gradient / length.clamp_min(torch.finfo(gradient.dtype).tiny)
