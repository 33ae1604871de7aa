"""Inspect the data before training: `python -m rnn_sentiment.check data=... model=...`."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from rnn_sentiment.commands import hydra_command

if TYPE_CHECKING:
    from omegaconf import DictConfig


def run(cfg: DictConfig) -> None:
    """Summarise the data, warn of leakage, and estimate the time of an epoch."""
    # Lightning 2.6 uses a part of torch that torch 2.13 deprecates.
    warnings.filterwarnings("ignore", module="lightning.pytorch.utilities._pytree")
    from rnn_sentiment.inspection.corpus import print_check

    print_check(cfg)


if __name__ == "__main__":
    hydra_command(run, "check")
