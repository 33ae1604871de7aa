"""The network of a classifier: embedding, encoder and logits, as plain torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.encoders import Encoder
from rnn_sentiment.errors import UserError
from rnn_sentiment.outcome import OneOf, Outcome
from rnn_sentiment.types import TrainingBatch

if TYPE_CHECKING:
    from omegaconf import DictConfig


class Network(nn.Module):
    """From tokens to logits, with any encoder.

    Args:
        embedding: `tokens (B, T) -> (B, T, E)`.
        ngrams: `tokens (B, T) -> (B, T, G)`, features that are concatenated with the embedding, or
            None; with two separate directions, they are concatenated with each half of it.
        encoder: `(embedded (B, T, E + G), mask (B, T)) -> (B, encoder.output_dim)`.
        outcome: how the logits are interpreted.
    """

    def __init__(
        self,
        embedding: nn.Module,
        ngrams: nn.Module | None,
        encoder: Encoder,
        outcome: Outcome = OneOf(2),  # noqa: B008 - it is frozen
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.ngrams = ngrams
        self.encoder = encoder
        self.outcome = outcome
        self.head = nn.Linear(encoder.output_dim, outcome.num_logits)

    def stages(self) -> list[list[nn.Parameter]]:
        """All parameters in groups, from the head down through the layers to the embedding."""
        below = [*self.encoder.layers[::-1], self.embedding]
        lower = [[*module.parameters()] for module in below]
        known = {id(parameter) for stage in lower for parameter in stage}
        return [[p for p in self.parameters() if id(p) not in known], *lower]

    def forward(self, batch: TrainingBatch) -> Tensor:
        """Compute the logits of a batch in float32: `(B,)` for two classes, else `(B, C)`."""
        return self.scorer(batch)(self.embedding(batch.tokens))

    def scorer(self, batch: TrainingBatch) -> Callable[[Tensor], Tensor]:
        """A function from word vectors `embedded (B, T, E)` to the logits of a batch."""
        ngrams = None if self.ngrams is None else self.ngrams(batch.tokens)
        return lambda embedded: self.read(embedded, ngrams, batch.mask)

    def read(self, embedded: Tensor, ngrams: Tensor | None, mask: Tensor) -> Tensor:
        """Compute logits from `embedded (B, T, E)` and `ngrams (B, T, G)` under `mask (B, T)`."""
        if ngrams is not None:
            ngrams = ngrams.to(embedded.dtype)
            parts = embedded.chunk(num_parts(self.embedding), dim=2)
            embedded = torch.cat([each for part in parts for each in (part, ngrams)], dim=2)
        encoded = self.encoder(embedded, mask)  # (B, output_dim)
        logits: Tensor = self.head(encoded).float()
        return logits.squeeze(1) if logits.shape[1] == 1 else logits


def num_parts(embedding: nn.Module) -> int:
    """Number of parts of a vector that n-grams join: two if each direction reads its own half."""
    return int(getattr(embedding, "directions", 1))


def input_dim(embedding: Any, ngrams: Any) -> int:
    """Number of features per token that an encoder reads."""
    features = int(embedding.output_dim)
    return features if ngrams is None else features + num_parts(embedding) * int(ngrams.output_dim)


def build_parts(
    cfg: DictConfig, vocabulary_size: int, outcome: Outcome
) -> tuple[nn.Module, nn.Module | None, Encoder]:
    """Build the untrained embedding, n-grams and encoder of a configuration."""
    from rnn_sentiment.configuration import blame, make  # imports Hydra, which bundles do not need

    embedding = make(cfg, "embedding", vocabulary_size=vocabulary_size)
    ngrams = None
    if cfg.ngrams:
        with blame("ngrams"):  # Hydra would treat an outcome, a dataclass, as a configuration
            ngrams = make(cfg, "ngrams", _partial_=True)(outcome=outcome)
    return embedding, ngrams, make(cfg, "model", input_dim=input_dim(embedding, ngrams))


def load_best(network: Network, folder: Path) -> None:
    """Load the weights of a run's best epoch, and switch to evaluation mode.

    Raises:
        UserError: the checkpoint is missing, damaged, or belongs to another network.
    """
    from rnn_sentiment.upgrade import upgrade_checkpoint

    file = folder / "checkpoints" / "best.ckpt"
    checkpoint = load_checkpoint(file)
    upgrade_checkpoint(checkpoint, num_layers=len(network.encoder.layers))
    load_weights(network, checkpoint["state_dict"], file)


def load_weights(network: Network, weights: Mapping[str, Tensor], file: Path) -> None:
    """Load the weights of a network, and switch to evaluation mode.

    Raises:
        UserError: they belong to another network, or are not finite; names their file.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:  # which names every weight
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{file} belongs to another network: {reason}") from None
    if not all(values.isfinite().all() for values in network.state_dict().values()):
        raise UserError(f"{file} holds weights that are not finite")
    network.eval()
