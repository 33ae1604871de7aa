"""What is said of a text: one of C classes, or any number of C labels.

An outcome knows what the logits of a network mean, and what the number means that stands for the
right answer: that of a class, or a number with a bit for each label that the text has.
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
        num_classes: C.
    """

    num_classes: int

    @property
    def num_logits(self) -> int:
        """Outputs of the head: two classes need one logit, positive where class 1 is likelier."""
        return 1 if self.num_classes == 2 else self.num_classes

    def cross_entropies(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of each row in nats: `(B,)`."""
        if logits.dim() == 1:
            return F.binary_cross_entropy_with_logits(
                logits, labels.to(logits.dtype), reduction="none"
            )
        return F.cross_entropy(logits, labels, reduction="none")

    def soft_cross_entropies(self, logits: Tensor, shares: Tensor) -> Tensor:
        """Cross-entropy with answers of so many `shares`, as `probabilities` has them: `(B,)`."""
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

        Metrics get these: torchmetrics takes logits that all happen to lie in 0..1 for
        probabilities.
        """
        return logits.sigmoid() if logits.dim() == 1 else logits.softmax(1)

    def class_probabilities(self, logits: Tensor) -> Tensor:
        """Probability of each class, `(B, C)`, also for two."""
        shares = self.probabilities(logits)
        return torch.stack([1 - shares, shares], dim=1) if shares.dim() == 1 else shares

    def predicted(self, probabilities: Tensor) -> Tensor:
        """The likeliest class: `(B,)` int64."""
        if probabilities.dim() == 1:
            return (probabilities >= 0.5).long()
        return probabilities.argmax(1)

    def targets(self, labels: Tensor) -> Tensor:
        """The right classes as metrics take them: `(B,)`."""
        return labels

    def members(self, labels: Tensor) -> Tensor:
        """Which class each row has: `(B, C)` bool."""
        return labels[:, None] == torch.arange(self.num_classes, device=labels.device)

    def numbers(self, label: int) -> list[int]:
        """The class that a label stands for."""
        return [label]

    def confidence(self, shares: Tensor) -> Tensor:
        """Probability of the likeliest class, `(B,)`, from those of all, `(B, C)`."""
        return shares.max(1).values

    def right(self, shares: Tensor, labels: Tensor) -> Tensor:
        """Whether the likeliest of C classes is the right one: `(B,)`, 0 or 1."""
        return (shares.argmax(1) == labels).double()

    def log_odds(self, logits: Tensor, label: int) -> Tensor:
        """How much likelier a class is than all others together, as a logarithm: `(B,)`.

        Its sigmoid is the probability of the class, and unlike that it never saturates.
        """
        if logits.dim() == 1:
            return logits if label == 1 else -logits
        others = torch.arange(logits.shape[1], device=logits.device) != label
        return logits[:, label] - logits[:, others].logsumexp(1)


@dataclass(frozen=True)
class AnyOf:
    """A text has any number of labels, or none; the logits `(B, C)` decide about each by itself.

    Args:
        num_classes: C, the labels that there are.
    """

    num_classes: int

    @property
    def num_logits(self) -> int:
        """Outputs of the head: one for each label, positive where a text rather has it."""
        return self.num_classes

    def cross_entropies(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of each decision in nats: `(B, C)`."""
        return self.soft_cross_entropies(logits, self.members(labels).to(logits.dtype))

    def soft_cross_entropies(self, logits: Tensor, shares: Tensor) -> Tensor:
        """Cross-entropy of decisions with so many `shares (B, C)`: `(B, C)`."""
        return F.binary_cross_entropy_with_logits(logits, shares, reduction="none")

    def losses(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of each row: the mean cross-entropy of its decisions, `(B,)`."""
        return self.cross_entropies(logits, labels).mean(1)

    def weights(self, labels: Tensor, by_class: Tensor) -> Tensor:
        """The weight of each decision, `(B, C)`: `by_class (C,)` where a text has the label."""
        return torch.where(self.members(labels), by_class, 1.0)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probability of each label: `(B, C)`."""
        return logits.sigmoid()

    def class_probabilities(self, logits: Tensor) -> Tensor:
        """The same."""
        return self.probabilities(logits)

    def predicted(self, probabilities: Tensor) -> Tensor:
        """The labels that are likelier than not, a bit for each: `(B,)` int64."""
        return self.joined(probabilities >= 0.5)

    def joined(self, members: Tensor) -> Tensor:
        """The number for each row of `members (B, C)` bool: `(B,)` int64."""
        return (members.long() << torch.arange(self.num_classes, device=members.device)).sum(1)

    def targets(self, labels: Tensor) -> Tensor:
        """Which labels each row has, as metrics take it: `(B, C)` int64."""
        return self.members(labels).long()

    def members(self, labels: Tensor) -> Tensor:
        """Which labels each row has: `(B, C)` bool."""
        return (labels[:, None] >> torch.arange(self.num_classes, device=labels.device)) & 1 == 1

    def numbers(self, label: int) -> list[int]:
        """The labels that a number has a bit for."""
        return [number for number in range(self.num_classes) if label >> number & 1]

    def confidence(self, shares: Tensor) -> Tensor:
        """Mean probability of the decisions that are likelier than not: `(B,)`."""
        return torch.maximum(shares, 1 - shares).mean(1)

    def right(self, shares: Tensor, labels: Tensor) -> Tensor:
        """Share of the decisions about C labels that are right: `(B,)`, from 0 to 1."""
        return ((shares >= 0.5) == self.members(labels)).double().mean(1)

    def log_odds(self, logits: Tensor, label: int) -> Tensor:
        """How much likelier it is that a text has a label than not, as a logarithm: `(B,)`."""
        return logits[:, label]


Outcome = OneOf | AnyOf


def outcome_of(num_classes: int, several: bool) -> Outcome:
    """What is said of a text that has one of some classes, or several labels."""
    return AnyOf(num_classes) if several else OneOf(num_classes)
