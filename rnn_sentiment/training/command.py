"""What the commands that train have in common; torch is imported only where one runs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from rnn_sentiment.commands import without_plotting

if TYPE_CHECKING:
    from omegaconf import DictConfig


def run(cfg: DictConfig) -> None:
    """Claim the run folder, build, fit, and leave the results in the folder."""
    # Lightning 2.6 uses a part of torch that torch 2.13 deprecates.
    warnings.filterwarnings("ignore", module="lightning.pytorch.utilities._pytree")
    # It warns of every folder that holds checkpoints, as that of a resumed run does.
    warnings.filterwarnings("ignore", "Checkpoint directory .* exists and is not empty")
    with without_plotting():
        from rnn_sentiment.training.run import train  # torch and lightning take seconds to import

    train(cfg)
