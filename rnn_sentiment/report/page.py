"""A report as files: one HTML page, Markdown, tables, and figures."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from rnn_sentiment.report.contents import Comparison, Report
from rnn_sentiment.report.export import Download, for_spreadsheet, save_table
from rnn_sentiment.report.figures import Picture, draw
from rnn_sentiment.report.figures.drawing import follow_scheme, style
from rnn_sentiment.report.matrix import Cell, matrix, square
from rnn_sentiment.report.section import Section
from rnn_sentiment.report.tables import differences, for_people, ranking, run_table, summary
from rnn_sentiment.report.templating import render
from rnn_sentiment.storage import printable
from rnn_sentiment.titles import METRICS

SPECIAL = {
    name: METRICS[name]
    for name in ("micro_f1", "macro_f1", "mean_absolute_error", "quadratic_kappa")
}
SAME = {"Date": None, "Creator": "rnn_sentiment"}  # the same runs give the same file


@dataclass(frozen=True)
class Part:
    """What the page shows of one comparison.

    Attributes:
        lines: the table of scores, by column.
        headlines: the answer in a sentence or two, for each family.
        special: titles of columns that only some corpora have, by name.
        cells: the matrix of who beats whom.
        beaten: how many others each row beats.
        downloads: tables as files, by name.
    """

    comparison: Comparison
    headlines: list[str]
    lines: list[dict[Any, Any]]
    special: dict[str, str]
    cells: list[list[Cell]]
    beaten: dict[str, int]
    pictures: list[dict[str, str]]
    downloads: dict[str, Download]

    @property
    def several(self) -> bool:
        """Whether texts have several labels."""
        return self.comparison.rows[0].setting.several

    @property
    def first(self) -> list[list[dict[str, str]]]:
        """The pictures of the first screen by column: differences, and accuracy against time."""
        columns = [self.called("differences"), self.called("pareto")]
        return [column for column in columns if column]

    @property
    def others(self) -> list[dict[str, str]]:
        """The pictures that follow the tables."""
        return [p for p in self.pictures if not any(p in column for column in self.first)]

    def called(self, kind: str) -> list[dict[str, str]]:
        """The pictures of a kind."""
        return [p for p in self.pictures if p["kind"].startswith(kind)]


def write(report: Report, out: Path, sections: Sequence[Section] = ()) -> Path:
    """Write `report.html`, `report.md`, `results.csv`, `tables/` and `figures/` into a folder.

    Args:
        report: its contents.
        out: the folder.
        sections: further parts, after the comparisons.

    Returns:
        The HTML file.
    """
    for name in ("figures", "tables"):
        (out / name).mkdir(parents=True, exist_ok=True)
    parts = []
    for number, comparison in enumerate(report.comparisons):
        prefix = f"{number + 1}-" if len(report.comparisons) > 1 else ""
        parts.append(make_part(comparison, out, prefix))
    rows = [row for comparison in report.comparisons for row in comparison.rows]
    table = run_table(rows)
    table.map(for_spreadsheet).to_csv(out / "results.csv", index=False)
    section_files = {
        section.anchor: save_table(section.table, out / "tables", section.anchor)
        for section in sections
    }
    for name in ("report.html", "report.md"):
        text = render(
            __package__,
            f"{name}.jinja",
            parts=parts,
            sections=sections,
            section_files=section_files,
            left_out=report.left_out,
            num_runs=len(table),
        )
        (out / name).write_text(text)
    return out / "report.html"


def make_part(comparison: Comparison, out: Path, prefix: str) -> Part:
    """Draw the figures and write the tables of one comparison."""
    lines = summary(comparison.rows)
    winners = [v.a.label for v in comparison.verdicts if v.outcome == "better"]
    beaten = {row.label: winners.count(row.label) for row in comparison.rows}
    cells = matrix(comparison.rows, comparison.verdicts)
    tables = {"scores": for_people(lines), "ranking": ranking(lines, list(beaten.values()))}
    if comparison.verdicts:
        tables["who-beats-whom"] = square(comparison.rows, cells)
        tables["differences"] = differences(comparison.verdicts)
    if comparison.num_missed:
        tables["errors"] = comparison.missed.reset_index()
    return Part(
        comparison,
        headlines(comparison),
        lines.to_dict("records"),
        {name: title for name, title in SPECIAL.items() if name in lines},
        cells,
        beaten,
        [
            save_picture(picture, out / "figures", prefix)
            for picture in draw(comparison.rows, comparison.verdicts)
        ],
        {
            name: save_table(frame, out / "tables", f"{prefix}{name}")
            for name, frame in tables.items()
        },
    )


def save_picture(picture: Picture, folder: Path, prefix: str) -> dict[str, str]:
    """Write a figure as SVG and PNG, and return what a page needs to show it."""
    name = f"{prefix}{picture.name}"
    buffer = io.StringIO()
    with style():
        picture.figure.savefig(buffer, format="svg", metadata=SAME)
        picture.figure.set_layout_engine("none")  # what was found for one file serves the other
        picture.figure.savefig(folder / f"{name}.png", dpi=200, transparent=False)
    svg = follow_scheme(buffer.getvalue())
    (folder / f"{name}.svg").write_text(svg)
    plt.close(picture.figure)
    return {
        "name": name,
        "kind": picture.name,
        "title": picture.title,
        "caption": picture.caption,
        "source": f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}",
    }


def headlines(comparison: Comparison) -> list[str]:
    """For each family its most accurate row, and how it compares with the others."""
    found = []
    several = len({verdict.family for verdict in comparison.verdicts}) > 1
    for family, members in groupby(comparison.verdicts, lambda verdict: verdict.family):
        verdicts = list(members)
        present = {row.label for verdict in verdicts for row in (verdict.a, verdict.b)}
        best = next(row for row in comparison.rows if row.label in present)
        against = {
            (v.b if v.a is best else v.a).name: v.outcome for v in verdicts if best in (v.a, v.b)
        }
        beaten = [name for name, outcome in against.items() if outcome == "better"]
        alike = [name for name, outcome in against.items() if outcome == "equivalent"]
        rest = [name for name in against if name not in {*beaten, *alike}]
        said = [f"{best.name} has the highest mean accuracy"]
        if beaten:
            everyone = "all others" if len(beaten) > 1 else beaten[0]
            some = f"{len(beaten)} of the {len(against)} others"
            said.append(f"beats {everyone if len(beaten) == len(against) else some}")
        if alike:
            said.append(f"is equivalent to {listed(alike)}")
        sentence = " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
        if rest:
            sentence += f". These runs show no lead over {listed(rest)}"
        found.append(f"{printable(family)}: {sentence}." if several else f"{sentence}.")
    return found


def listed(names: list[str]) -> str:
    """A list of names, which may contain commas, or their number if there are many."""
    return "; ".join(names) if len(names) <= 5 else f"{len(names)} others"
