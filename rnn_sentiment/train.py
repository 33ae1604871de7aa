"""Train one run: `python -m rnn_sentiment.train model=gru`."""

from __future__ import annotations

from omegaconf import DictConfig

from rnn_sentiment.configuration import command


def run(cfg: DictConfig) -> None:
    """Claim the run folder, build, fit, and score the best checkpoint on the test part."""
    from rnn_sentiment.training.run import train  # torch and lightning take seconds to import

    train(cfg)


def main() -> None:
    """Entry of the command line."""
    command(run, "train")


if __name__ == "__main__":
    main()
