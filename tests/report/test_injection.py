"""A report has the same elements whatever runs, classes and folders are called."""

from __future__ import annotations

import csv
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rnn_sentiment.report import page
from rnn_sentiment.report.contents import make_report
from tests.report.conftest import write_run

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></tr></table><h1>x",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='x",
    "&lt;b&gt; &amp; <!-- -->",
    "{{ 7 * 7 }} {% raw %}",
    "=HYPERLINK(\"http://x\")",
    "javascript:alert(1)",
    "\x1b]0;title\x07\x1b[31m",
    "\u202eevil\u200b",
    "]]><svg onload=alert(1)>",
]  # fmt: skip


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}", ()))


def write(folder: Path, names: list[str]) -> Path:
    """A report of runs with these names: of the run, of a class, of a folder, and of an error."""
    for number, name in enumerate(names):
        for seed in (1, 2):
            write_run(
                folder / "runs" / f"{number}-{seed}", f"{name}{number}", seed, 0.7 + number / 100,
                num_test=60, classes={name: 0, "other": 1} if number == 0 else {},
            )  # fmt: skip
    failed = folder / "runs" / names[0].replace("/", "_")
    write_run(failed, "x", 1, 0.7, status="failed", error=names[1])
    return page.write(make_report([folder / "runs"]), folder / "out")


@pytest.mark.battery
@pytest.mark.fault("s7")
def test_hostile_names_add_no_element_and_no_formula(tmp_path):
    for start in (0, 6):
        names = HOSTILE[start : start + 6]
        hostile = write(tmp_path / f"hostile{start}", names)
        plain = write(tmp_path / f"plain{start}", [f"name{n}" for n in range(len(names))])
        text = hostile.read_text()
        assert Elements(text).found == Elements(plain.read_text()).found
        for file in (hostile, *hostile.parent.glob("*.*")):
            contents = file.read_text()
            assert not [c for c in contents if not (c.isprintable() or c == "\n")]
        with (hostile.parent / "results.csv").open() as lines:
            cells = [cell for row in csv.reader(lines) for cell in row]
        assert not [cell for cell in cells if cell.lstrip()[:1] in ("=", "+", "@")]
