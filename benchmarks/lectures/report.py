"""Write the report on the shootout and the claims here, as it is committed.

    python -m benchmarks.lectures.report runs/shootout runs/lectures

Compares the runs in the first folder, the systems of each lecture with one another, and settles the
claims with those in the others too. Figures are kept as SVG only.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rnn_sentiment.report.__main__ import write_report

HERE = Path(__file__).parent


def main() -> None:
    """Write the report."""
    first, *others = (Path(folder) for folder in sys.argv[1:])
    write_report([first], HERE, also=others, families=("capstone_*", "length120_*"))
    for file in (HERE / "figures").glob("*.png"):
        file.unlink()


if __name__ == "__main__":
    main()
