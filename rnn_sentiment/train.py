"""Train one run: `python -m rnn_sentiment.train model=gru`."""

from __future__ import annotations

from rnn_sentiment.commands import hydra_command
from rnn_sentiment.training.command import run


def with_recipe(overrides: list[str]) -> list[str]:
    """Add to a command line what `pretrained=FOLDER` decides."""
    if not any(word.startswith("pretrained=") for word in overrides):
        return overrides
    from rnn_sentiment.pretraining import recipe  # which takes torch's seconds to import

    return recipe.with_recipe(overrides)


def main() -> None:
    """Entry of the command line."""
    hydra_command(run, "train", with_recipe)


if __name__ == "__main__":
    main()
