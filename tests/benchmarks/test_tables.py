"""Tables in documents are those that the committed data give."""

from __future__ import annotations

import re

import pytest

from benchmarks.lectures.story import PAGE, story
from benchmarks.markdown import mean_and_sd, table
from benchmarks.tables import BLOCK, ROOT, TABLES, documents, refresh

DOCUMENTS = [file for file in documents() if "<!-- table" in file.read_text()]


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_table_is_stale(file):
    text = file.read_text()
    assert text.count("<!-- table") == text.count("<!-- end -->") == len(BLOCK.findall(text))
    assert refresh(text) == text, "write it again: python -m benchmarks.tables"


def test_the_story_of_the_lectures_has_the_numbers_of_the_data():
    assert refresh(story()) == PAGE.read_text(), "write it again: python -m benchmarks.tables"


def test_every_table_stands_in_a_document():
    named = {name for file in DOCUMENTS for _, name, _ in BLOCK.findall(file.read_text())}
    assert named == TABLES.keys()


def test_a_changed_cell_is_written_again_and_the_text_around_it_stays():
    text = (ROOT / "README.md").read_text()
    cell = re.search(r"\d\d\.\d\d ± \d\.\d\d", text)
    assert cell
    changed = text.replace(cell[0], "99.99 ± 9.99")
    assert changed != text
    assert refresh(changed) == text
    assert refresh(f"{text}\nMore words.\n") == f"{text}\nMore words.\n"


def test_linked_files_exist():
    for file in documents():
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", file.read_text()):
            if "://" not in link:
                assert (file.parent / link).exists(), f"{file.relative_to(ROOT)}: {link}"


def test_a_table_in_markdown():
    rows = [{"": "`a`", "accuracy": mean_and_sd([1, 2, 3])}, {"": "b", "accuracy": mean_and_sd([])}]
    assert table(rows) == "| | accuracy |\n|---|---|\n| `a` | 2.00 ± 1.00 |\n| b | |"
    assert mean_and_sd([1.25], 1) == "1.2"
