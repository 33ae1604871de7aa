"""Write the tables of all documents, and all numbers of docs/lectures.md, from the committed data.

    python -m benchmarks.tables

A table stands between two marks, which name it, and everything between them is replaced:

    <!-- table: accuracy/imdb -->
    <!-- end -->
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.accuracy import (
    ablation,
    distance,
    few_labels,
    front,
    models,
    nbsvm,
    order,
    pretrained,
    robust,
)
from benchmarks.lectures import experiments
from benchmarks.lectures.story import PAGE, story
from benchmarks.reliability import battery
from benchmarks.scale import corpus_size
from benchmarks.small import dropout, pace
from benchmarks.speed import (
    frameworks,
    parallel,
    predict,
    primitives,
    recurrent_dropout,
    serve,
    shared,
    startup,
    streaming,
    to_accuracy,
    tokenising,
    vectors,
    versions,
)
from benchmarks.verdicts import means, settle, simulate, tried

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(<!-- table: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
TABLES: dict[str, Callable[[], str]] = {
    "accuracy/ablation": ablation.table_of_differences,
    "accuracy/imdb": models.short_table,
    "accuracy/imdb-full": partial(models.full_table, "imdb"),
    "accuracy/demo-full": partial(models.full_table, "demo"),
    "accuracy/distance": distance.table_of_means,
    "accuracy/few_labels": few_labels.table_of_sizes,
    "accuracy/front": front.table_of_systems,
    "accuracy/nbsvm": nbsvm.table_of_scores,
    "accuracy/order": order.table_of_losses,
    "accuracy/pretrained": pretrained.table_of_scores,
    "accuracy/pretrained-epochs": pretrained.table_of_epochs,
    **{
        f"accuracy/robust-{corpus}-{section}": partial(robust.table_of, corpus, section)
        for corpus in ("imdb", "demo")
        for section in robust.SECTIONS
    },
    "lectures/shootout": experiments.shootout_table,
    "lectures/capstone": experiments.capstone_table,
    "lectures/protocol": experiments.protocol_table,
    "lectures/changes": experiments.changes_table,
    "lectures/experiments": experiments.full_table,
    **battery.TABLES,
    "scale/corpus_size": corpus_size.table_of_sizes,
    "small/pace": pace.table_of_scores,
    "small/dropout": dropout.table_of_scores,
    "speed/frameworks": frameworks.table_of_ratios,
    "speed/parallel": parallel.table_of_lengths,
    "speed/predict": predict.table_of_answers,
    "speed/primitives": primitives.table_of_peaks,
    "speed/recurrent_dropout": recurrent_dropout.table_of_costs,
    "speed/serve": serve.table_of_requests,
    "speed/shared": shared.table_of_shares,
    "speed/startup": startup.table_of_seconds,
    "speed/streaming": streaming.table_of_ratios,
    "speed/to_accuracy": to_accuracy.table_of_seconds,
    "speed/tokenising": tokenising.table_of_seconds,
    "speed/vectors": vectors.table_of_costs,
    "speed/versions": versions.table_of_ratios,
    "verdicts/errors": simulate.table_of_errors,
    "verdicts/means": means.table_of_means,
    "verdicts/power": simulate.table_of_power,
    "verdicts/settle-errors": settle.table_of_errors,
    "verdicts/settle-runs": settle.table_of_runs,
    "verdicts/tried": tried.table_of_rules,
}


def documents() -> list[Path]:
    """All documents that may hold tables."""
    places = ("README.md", "docs/*.md", "benchmarks/*.md", "benchmarks/*/README.md")
    return sorted(file for place in places for file in ROOT.glob(place))


def refresh(text: str) -> str:
    """A document's text with its tables written from the data.

    Raises:
        KeyError: there is no table of that name.
    """
    return BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]]()}\n{block[3]}", text)


def main() -> None:
    """Rewrite the documents whose tables or numbers are stale, and name them."""
    if PAGE.read_text() != (text := refresh(story())):
        PAGE.write_text(text)
        print(PAGE.relative_to(ROOT))
    for file in documents():
        text = file.read_text()
        if (new := refresh(text)) != text:
            file.write_text(new)
            print(file.relative_to(ROOT))


if __name__ == "__main__":
    main()
