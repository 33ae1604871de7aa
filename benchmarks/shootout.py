"""The lectures' shootout as a report, with the data behind it.

    python -m rnn_sentiment.train sweep=shootout data.path=IMDB hydra.sweep.dir=runs/shootout
    python benchmarks/lectures.py data.path=IMDB embedding.path=glove.6B.50d.txt
    python benchmarks/evidence.py runs/shootout --glove glove.6B.50d.txt
    python benchmarks/shootout.py runs/shootout runs/lectures

Writes the report on the runs in the first folder, with the claims that these and the others settle,
to `benchmarks/shootout/`, and beside it the runs themselves, as far as a report reads them (see
`archive.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from archive import HERE, pack

from rnn_sentiment.report import write_report


def main() -> None:
    """Write the data and the report."""
    first, *others = (Path(folder) for folder in sys.argv[1:])
    pack([first, *others], HERE)
    write_report([first], HERE, also=others)


if __name__ == "__main__":
    main()
