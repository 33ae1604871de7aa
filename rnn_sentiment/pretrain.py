"""Train a language model: `python -m rnn_sentiment.pretrain direction=forward`."""

from __future__ import annotations

from rnn_sentiment.commands import hydra_command
from rnn_sentiment.training.command import run

if __name__ == "__main__":
    hydra_command(run, "pretrain")
