"""Train one run: `python -m rnn_sentiment.train model=gru`."""

from __future__ import annotations

import re

from rnn_sentiment.commands import hydra_command
from rnn_sentiment.errors import UserError
from rnn_sentiment.training.command import run


def with_search(overrides: list[str]) -> list[str]:
    """Write `autotune=10m` as the search that it stands for.

    Raises:
        UserError: it is no time.
    """
    found = []
    for word in overrides:
        key, _, value = word.partition("=")
        if key != "autotune":
            found.append(word)
            continue
        time = re.fullmatch(r"(\d+(?:\.\d+)?)(m|h)", value)
        if not time or not float(time[1]):
            raise UserError(f"{word}: give a time, as autotune=10m or autotune=1h")
        minutes = float(time[1]) * (60 if time[2] == "h" else 1)
        found += ["sweep=autotune", f"sweep.minutes={minutes:g}"]
    return found


def complete(overrides: list[str]) -> list[str]:
    """Add to a command line what `autotune=TIME` and `pretrained=FOLDER` decide."""
    return with_recipe(with_search(overrides))


def with_recipe(overrides: list[str]) -> list[str]:
    """Add to a command line what `pretrained=FOLDER` decides."""
    if not any(word.startswith("pretrained=") for word in overrides):
        return overrides
    from rnn_sentiment.pretraining import recipe  # which takes torch's seconds to import

    return recipe.with_recipe(overrides)


def main() -> None:
    """Entry of the command line."""
    hydra_command(run, "train", complete)


if __name__ == "__main__":
    main()
