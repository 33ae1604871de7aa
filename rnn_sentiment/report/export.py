"""Tables as files for other programs: CSV for spreadsheets, LaTeX for papers."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "–": "--",
} | {sign: f"\\{sign}" for sign in "&%$#_{}"}


@dataclass(frozen=True)
class Download:
    """A table as links that contain the whole file."""

    name: str
    csv: str
    tex: str


def save_table(frame: pd.DataFrame, folder: Path, name: str) -> Download:
    """Write `NAME.csv` and `NAME.tex` into a folder."""
    csv = frame.map(for_spreadsheet).to_csv(index=False)
    tex = latex(frame)
    (folder / f"{name}.csv").write_text(csv)
    (folder / f"{name}.tex").write_text(tex)
    return Download(name, link(csv, "text/csv"), link(tex, "application/x-tex"))


def latex(frame: pd.DataFrame) -> str:
    """A table for the package booktabs, with text aligned left and numbers right."""
    sides = "".join("r" if pd.api.types.is_numeric_dtype(kind) else "l" for kind in frame.dtypes)
    lines = [
        " & ".join(escape(cell) for cell in row)
        for row in [list(frame.columns), *frame.to_numpy(object).tolist()]
    ]
    body = " \\\\\n".join(lines[1:])
    return (
        f"\\begin{{tabular}}{{{sides}}}\n\\toprule\n{lines[0]} \\\\\n\\midrule\n{body} \\\\\n"
        "\\bottomrule\n\\end{tabular}\n"
    )


def escape(cell: str | float | None) -> str:
    """A cell escaped for LaTeX; empty if a number is not known."""
    text = "" if pd.isna(cell) else str(cell)
    return re.sub("|".join(map(re.escape, LATEX)), lambda found: LATEX[found[0]], text)


def link(text: str, kind: str) -> str:
    """A data URL that contains a file."""
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


def for_spreadsheet(value: object) -> object:
    """A cell that no spreadsheet reads as a formula."""
    if isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return None if isinstance(value, float) and pd.isna(value) else value
