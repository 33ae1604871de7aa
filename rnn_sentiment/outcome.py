"""What a model predicts for a text: one of C classes, or any number of C labels.

An outcome knows how to interpret the logits of a network, and the integer that encodes an answer:
the number of a class, or a bit field with a bit for each label that the text has.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class OneOf:
    """A text has one class. Logits are `(B,)` for two classes, `(B, C)` for more.

    Args:
        num_classes: number of classes, C.
    """

    num_classes: int

    @property
    def num_logits(self) -> int:
        """Outputs of the head: two classes need one logit, positive if class 1 is more likely."""
        return 1 if self.num_classes == 2 else self.num_classes

    def cross_entropies(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of each row in nats: `(B,)`."""
        if logits.dim() == 1:
            return F.binary_cross_entropy_with_logits(
                logits, labels.to(logits.dtype), reduction="none"
            )
        return F.cross_entropy(logits, labels, reduction="none")

    def soft_cross_entropies(self, logits: Tensor, shares: Tensor) -> Tensor:
        """Cross-entropy with soft targets, shaped like `probabilities`: `(B,)`."""
        if logits.dim() == 1:
            return F.binary_cross_entropy_with_logits(logits, shares, reduction="none")
        return F.cross_entropy(logits, shares, reduction="none")

    def losses(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of each row: its cross-entropy, `(B,)`."""
        return self.cross_entropies(logits, labels)

    def weights(self, labels: Tensor, by_class: Tensor) -> Tensor:
        """The weight of each row, `(B,)`: that of its class in `by_class (C,)`."""
        return by_class[labels]

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probability of class 1, `(B,)`, for two classes; of each class, `(B, C)`, for more.

        Metrics get these rather than logits, since torchmetrics treats logits that all happen to
        lie in 0..1 as probabilities.
        """
        return logits.sigmoid() if logits.dim() == 1 else logits.softmax(1)

    def class_probabilities(self, logits: Tensor) -> Tensor:
        """Probability of each class, `(B, C)`, also for two."""
        shares = self.probabilities(logits)
        return torch.stack([1 - shares, shares], dim=1) if shares.dim() == 1 else shares

    def predicted(self, probabilities: Tensor) -> Tensor:
        """The most likely class: `(B,)` int64."""
        if probabilities.dim() == 1:
            return (probabilities >= 0.5).long()
        return probabilities.argmax(1)

    def targets(self, labels: Tensor) -> Tensor:
        """The true classes in the form that metrics take: `(B,)`."""
        return labels

    def members(self, labels: Tensor) -> Tensor:
        """Which class each row has: `(B, C)` bool."""
        return labels[:, None] == torch.arange(self.num_classes, device=labels.device)

    def numbers(self, label: int) -> list[int]:
        """The class that a label encodes, as a list."""
        return [label]

    def confidence(self, shares: Tensor) -> Tensor:
        """Probability of the most likely class, `(B,)`, given those of all classes, `(B, C)`."""
        return shares.max(1).values

    def right(self, shares: Tensor, labels: Tensor) -> Tensor:
        """Whether the most likely class is the true one: `(B,)`, 0 or 1."""
        return (shares.argmax(1) == labels).double()

    def log_odds(self, logits: Tensor, label: int) -> Tensor:
        """Log-odds of a class against all others together: `(B,)`.

        Its sigmoid is the probability of the class; unlike that, it never saturates.
        """
        if logits.dim() == 1:
            return logits if label == 1 else -logits
        others = torch.arange(logits.shape[1], device=logits.device) != label
        return logits[:, label] - logits[:, others].logsumexp(1)


@dataclass(frozen=True)
class AnyOf:
    """A text has any number of labels, or none; the logits `(B, C)` decide about each on its own.

    Args:
        num_classes: number of labels, C.
    """

    num_classes: int

    @property
    def num_logits(self) -> int:
        """Outputs of the head: one logit for each label, positive if it is more likely than not."""
        return self.num_classes

    def cross_entropies(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of each decision in nats: `(B, C)`."""
        return self.soft_cross_entropies(logits, self.members(labels).to(logits.dtype))

    def soft_cross_entropies(self, logits: Tensor, shares: Tensor) -> Tensor:
        """Cross-entropy of each decision with soft targets `shares (B, C)`: `(B, C)`."""
        return F.binary_cross_entropy_with_logits(logits, shares, reduction="none")

    def losses(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of each row: the mean cross-entropy of its decisions, `(B,)`."""
        return self.cross_entropies(logits, labels).mean(1)

    def weights(self, labels: Tensor, by_class: Tensor) -> Tensor:
        """The weight of each decision, `(B, C)`: `by_class (C,)` where a label applies, else 1."""
        return torch.where(self.members(labels), by_class, 1.0)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probability of each label: `(B, C)`."""
        return logits.sigmoid()

    def class_probabilities(self, logits: Tensor) -> Tensor:
        """Probability of each label: `(B, C)`."""
        return self.probabilities(logits)

    def predicted(self, probabilities: Tensor) -> Tensor:
        """The labels that are more likely than not, as a bit field: `(B,)` int64."""
        return self.joined(probabilities >= 0.5)

    def joined(self, members: Tensor) -> Tensor:
        """The bit field for each row of `members (B, C)` bool: `(B,)` int64."""
        return (members.long() << torch.arange(self.num_classes, device=members.device)).sum(1)

    def targets(self, labels: Tensor) -> Tensor:
        """Which labels each row has, in the form that metrics take: `(B, C)` int64."""
        return self.members(labels).long()

    def members(self, labels: Tensor) -> Tensor:
        """Which labels each row has: `(B, C)` bool."""
        return (labels[:, None] >> torch.arange(self.num_classes, device=labels.device)) & 1 == 1

    def numbers(self, label: int) -> list[int]:
        """The labels in a bit field."""
        return [number for number in range(self.num_classes) if label >> number & 1]

    def confidence(self, shares: Tensor) -> Tensor:
        """Mean probability of the more likely decision about each label: `(B,)`."""
        return torch.maximum(shares, 1 - shares).mean(1)

    def right(self, shares: Tensor, labels: Tensor) -> Tensor:
        """Share of the decisions about C labels that are right: `(B,)`, from 0 to 1."""
        return ((shares >= 0.5) == self.members(labels)).double().mean(1)

    def log_odds(self, logits: Tensor, label: int) -> Tensor:
        """Log-odds that a text has a label: `(B,)`."""
        return logits[:, label]


Outcome = OneOf | AnyOf


def outcome_of(num_classes: int, several: bool) -> Outcome:
    """The outcome for texts with one class each, or with several labels."""
    return AnyOf(num_classes) if several else OneOf(num_classes)
