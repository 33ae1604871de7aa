"""A report as files: one HTML page, Markdown, a table of runs, and figures."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from rnn_sentiment.report.contents import Comparison, Report
from rnn_sentiment.report.figures import Picture, draw
from rnn_sentiment.report.figures.drawing import WIDE, style
from rnn_sentiment.report.section import Section
from rnn_sentiment.report.tables import run_table, summary
from rnn_sentiment.report.templating import render

SAME = {"Date": None, "Creator": "rnn_sentiment"}  # the same runs give the same file


def write(report: Report, out: Path, sections: Sequence[Section] = ()) -> Path:
    """Write `report.html`, `report.md`, `results.csv` and `figures/` into a folder.

    Args:
        report: what it says.
        out: the folder.
        sections: further parts, after the comparisons.

    Returns:
        The HTML file.
    """
    figures = out / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, comparison in enumerate(report.comparisons):
        prefix = f"{number + 1}-" if len(report.comparisons) > 1 else ""
        pictures = [save(picture, figures, prefix) for picture in draw(comparison.rows)]
        parts.append(
            {
                "comparison": comparison,
                "lines": summary(comparison.rows).to_dict("records"),
                "pictures": pictures,
                "headline": headline(comparison),
            }
        )
    rows = [row for comparison in report.comparisons for row in comparison.rows]
    table = run_table(rows)
    table.map(for_spreadsheet).to_csv(out / "results.csv", index=False)
    for name in ("report.html", "report.md"):
        text = render(
            __package__,
            f"{name}.jinja",
            parts=parts,
            sections=sections,
            left_out=report.left_out,
            num_runs=len(table),
        )
        (out / name).write_text(text)
    return out / "report.html"


def save(picture: Picture, folder: Path, prefix: str) -> dict[str, str]:
    """Write a figure as SVG and PNG, and give what a page needs to show it."""
    name = f"{prefix}{picture.name}"
    buffer = io.BytesIO()
    with style():
        picture.figure.savefig(buffer, format="svg", metadata=SAME)
        picture.figure.savefig(folder / f"{name}.png", dpi=200)
    (folder / f"{name}.svg").write_bytes(buffer.getvalue())
    plt.close(picture.figure)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {
        "name": name,
        "title": picture.title,
        "width": "wide" if picture.figure.get_figwidth() == WIDE[0] else "narrow",
        "caption": picture.caption,
        "source": f"data:image/svg+xml;base64,{data}",
    }


def headline(comparison: Comparison) -> str:
    """The most accurate row, which others it beats, and where its lead is not significant."""
    best = comparison.rows[0]
    against = [v for v in comparison.verdicts if best in (v.a, v.b)]
    if len(against) < len(comparison.rows) - 1 or not against:
        return ""
    close = [(v.b if v.a is best else v.a).name for v in against if v.outcome != "better"]
    beaten = len(against) - len(close)
    sentence = f"{best.name} has the highest mean accuracy"
    if beaten:
        sentence += f" and beats {beaten} of {len(against)} others"
    if close:
        sentence += f"; over {', '.join(close)} it has no lead that these runs show"
    return f"{sentence}."


def for_spreadsheet(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return None if isinstance(value, float) and pd.isna(value) else value
