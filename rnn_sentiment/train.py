"""Train one run: `python -m rnn_sentiment.train model=gru`."""

from __future__ import annotations

import re

from rnn_sentiment.commands import hydra_command
from rnn_sentiment.errors import UserError
from rnn_sentiment.training.command import run


def with_sweep(overrides: list[str]) -> list[str]:
    """Replace `autotune=10m` and `sweep.until=settled` by the overrides that they stand for.

    Raises:
        UserError: the time is invalid, or `sweep.until` is not `settled`.
    """
    found: list[str] = []
    for word in overrides:
        key, _, value = word.partition("=")
        if key == "sweep.until":
            if value != "settled":
                raise UserError(f"{word}: the only value is sweep.until=settled")
            found = ["--multirun", *found, "sweep=settled"]  # Hydra then reports mistyped keys
            continue
        if key != "autotune":
            found.append(word)
            continue
        time = re.fullmatch(r"(\d+(?:\.\d+)?)(m|h)", value)
        if not time or not float(time[1]):
            raise UserError(f"{word}: give a time, such as autotune=10m or autotune=1h")
        minutes = float(time[1]) * (60 if time[2] == "h" else 1)
        found += ["sweep=autotune", f"sweep.minutes={minutes:g}"]
    return found


def complete(overrides: list[str]) -> list[str]:
    """Add the overrides that `autotune`, `sweep.until` and `pretrained=FOLDER` imply."""
    return with_recipe(with_sweep(overrides))


def with_recipe(overrides: list[str]) -> list[str]:
    """Add the overrides that `pretrained=FOLDER` implies."""
    if not any(word.startswith("pretrained=") for word in overrides):
        return overrides
    from rnn_sentiment.pretraining import recipe  # imports torch, which takes seconds

    return recipe.with_recipe(overrides)


def main() -> None:
    """Entry point of the command line."""
    hydra_command(run, "train", complete)


if __name__ == "__main__":
    main()
