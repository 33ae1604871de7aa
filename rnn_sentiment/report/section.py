"""A section of a report that another module contributes, such as the claims."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Section:
    """A titled part at the end of a report.

    Attributes:
        title: its heading, also in the list of contents.
        anchor: the `id` of its place on the page.
        html: its content as HTML, escaped.
        markdown: the same as Markdown.
        table: its figures, to be written as CSV and LaTeX.
    """

    title: str
    anchor: str
    html: str
    markdown: str
    table: pd.DataFrame
