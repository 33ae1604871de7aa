"""Test whether answers withstand changed texts: `python -m rnn_sentiment.perturb FOLDER ...`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.commands import Parser, one_line_errors
from rnn_sentiment.errors import UserError
from rnn_sentiment.percentages import percentage
from rnn_sentiment.report.folders import run_folders


def run(arguments: Sequence[str] | None = None) -> None:
    """Perturb the test texts of runs, and print how many answers stay or change as they should."""
    parser = Parser(
        "perturb",
        "Perturb test texts, and report how many answers stay or change as they should.",
        ["perturb runs/shootout", "perturb runs/a runs/b"],
    )
    parser.add_argument(
        "folders",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="run folders, or folders that contain runs",
    )
    given = parser.parse(arguments)
    if not (folders := run_folders(given.folders)):
        raise UserError(f"no run under {', '.join(map(str, given.folders))}")

    from rnn_sentiment.inference.perturbing import perturb

    for folder in folders:
        table = perturb(folder)
        as_asked = (table["before"] != table["after"]) == table["turns"]
        for (turns, name), found in as_asked.groupby([table["turns"], table["perturbation"]]):
            verb = "turn" if turns else "stay"
            print(f"{folder}: {name}: {percentage(found.mean())} of {len(found):,} answers {verb}")


if __name__ == "__main__":
    one_line_errors(run)
