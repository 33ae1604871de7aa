"""Accept changed files of a run: `python -m rnn_sentiment.seal run=FOLDER`."""

from __future__ import annotations

from collections.abc import Sequence

from rnn_sentiment.commands import Parser, one_line_errors


def run(arguments: Sequence[str] | None = None) -> None:
    """Rewrite the manifest of a run folder after a file was changed on purpose."""
    parser = Parser(
        "seal",
        "Accept the current files of a run after changing one on purpose.",
        ["seal run=runs/..."],
    )
    parser.add_run_argument("the run folder")
    given = parser.parse(arguments)

    from rnn_sentiment import manifest, runs

    runs.load_config(given.run)
    runs.refuse_links(given.run)
    with runs.claim(given.run, resume=True):
        manifest.seal(given.run)
    print(f"{given.run}/manifest.json holds the files as they are")


if __name__ == "__main__":
    one_line_errors(run)
