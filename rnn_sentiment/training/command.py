"""Shared by the commands that train; torch is imported only when one runs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from rnn_sentiment.commands import without_plotting

if TYPE_CHECKING:
    from omegaconf import DictConfig


def run(cfg: DictConfig) -> None:
    """Lock the run folder, build, fit, and write the results to the folder."""
    # Lightning 2.6 uses a part of torch that torch 2.13 deprecates.
    warnings.filterwarnings("ignore", module="lightning.pytorch.utilities._pytree")
    # It warns about every folder with checkpoints, such as that of a resumed run.
    warnings.filterwarnings("ignore", "Checkpoint directory .* exists and is not empty")
    with without_plotting():
        from rnn_sentiment.training.run import train  # torch and lightning take seconds to import

    train(cfg)
