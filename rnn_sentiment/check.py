"""Show what would be trained on: `python -m rnn_sentiment.check data=... model=...`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_sentiment.commands import hydra_command

if TYPE_CHECKING:
    from omegaconf import DictConfig


def run(cfg: DictConfig) -> None:
    """Print what is in the data, warn of leakage, and estimate the time of an epoch."""
    from rnn_sentiment.inspection.corpus import print_check

    print_check(cfg)


if __name__ == "__main__":
    hydra_command(run, "check")
