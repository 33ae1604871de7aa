"""A report as files: one HTML page, Markdown, a table of runs, and figures."""

from __future__ import annotations

import base64
import io
import math
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from rnn_sentiment.report.contents import Comparison, Report, run_table, summary
from rnn_sentiment.report.figures import WIDE, Picture, draw, style

SAME = {"Date": None, "Creator": "rnn_sentiment"}  # the same runs give the same file


def write(report: Report, out: Path) -> Path:
    """Write `report.html`, `report.md`, `results.csv` and `figures/` into a folder.

    Returns:
        The HTML file.
    """
    figures = out / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    sections = []
    for number, comparison in enumerate(report.comparisons):
        prefix = f"{number + 1}-" if len(report.comparisons) > 1 else ""
        pictures = [save(picture, figures, prefix) for picture in draw(comparison.rows)]
        sections.append(
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
    more = {
        "report": report,
        "sections": sections,
        "num_runs": len(table),
    }
    for name, escape in (("report.html", True), ("report.md", False)):
        (out / name).write_text(environment(escape).get_template(f"{name}.jinja").render(more))
    return out / "report.html"


def environment(escape: bool) -> Environment:
    """Templates that escape what runs say: as HTML, or by the filter `md` as Markdown."""
    found = Environment(
        loader=PackageLoader("rnn_sentiment.report"),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"percent": percent, "number": number, "mebibytes": mebibytes, "md": markdown}
    return found


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
    """The most accurate row, and which others it cannot be told apart from."""
    best = comparison.rows[0]
    against = [v for v in comparison.verdicts if best in (v.a, v.b)]
    if len(against) < len(comparison.rows) - 1 or not against:
        return ""
    level = [(v.b if v.a is best else v.a).label for v in against if not v.significant]
    beaten = len(against) - len(level)
    sentence = f"{best.label} is the most accurate on average"
    if beaten:
        sentence += f" and beats {beaten} of {len(against)} others"
    if level:
        sentence += f"; it cannot be told apart from {', '.join(level)}"
    return f"{sentence}."


def percent(share: float | None) -> str:
    """A share in percent."""
    return number(None if share is None else 100 * share, 2)


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands apart; a dash where it is not known."""
    return "–" if value is None or not math.isfinite(value) else f"{value:,.{digits}f}"


def mebibytes(value: float | None) -> str:
    """Bytes in MiB."""
    return number(None if value is None else value / 2**20)


def markdown(text: object) -> str:
    """A text that Markdown shows as it is, also within a table."""
    return re.sub(r"([\\`*_\[\]<>|#&!~])", r"\\\1", str(text))


def for_spreadsheet(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return None if isinstance(value, float) and pd.isna(value) else value
