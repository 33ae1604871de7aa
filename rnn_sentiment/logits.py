"""What logits mean: `(B,)` for two classes, `(B, C)` for more."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def num_logits(num_classes: int) -> int:
    """Outputs of the head: two classes need one logit, positive where label 1 is likelier."""
    return 1 if num_classes == 2 else num_classes


def losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each row in nats: `(B,)`."""
    if logits.dim() == 1:
        return F.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype), reduction="none")
    return F.cross_entropy(logits, labels, reduction="none")


def probabilities(logits: Tensor) -> Tensor:
    """Probability of label 1, `(B,)`, for two classes; of each class, `(B, C)`, for more.

    Metrics get these: torchmetrics takes logits that all happen to lie in 0..1 for probabilities.
    """
    return logits.sigmoid() if logits.dim() == 1 else logits.softmax(1)


def class_probabilities(logits: Tensor) -> Tensor:
    """Probability of each class, `(B, C)`, also for two."""
    shares = probabilities(logits)
    return torch.stack([1 - shares, shares], dim=1) if shares.dim() == 1 else shares


def predicted(probabilities: Tensor) -> Tensor:
    """The likeliest class: `(B,)` int64."""
    return (probabilities >= 0.5).long() if probabilities.dim() == 1 else probabilities.argmax(1)


def log_odds(logits: Tensor, label: int) -> Tensor:
    """How much likelier a class is than all others together, as a logarithm: `(B,)`.

    Its sigmoid is the probability of the class, and unlike that it never saturates.
    """
    if logits.dim() == 1:
        return logits if label == 1 else -logits
    others = torch.arange(logits.shape[1], device=logits.device) != label
    return logits[:, label] - logits[:, others].logsumexp(1)
