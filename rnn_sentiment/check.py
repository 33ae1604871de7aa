"""Say what would be trained on: `python -m rnn_sentiment.check data=... model=...`."""

from __future__ import annotations

from omegaconf import DictConfig

from rnn_sentiment.configuration import command


def run(cfg: DictConfig) -> None:
    """Print what is in the data, warn of leakage, and estimate the time of an epoch."""
    from rnn_sentiment.inspection.corpus import print_check

    print_check(cfg)


def main() -> None:
    """Entry of the command line."""
    command(run, "check")


if __name__ == "__main__":
    main()
