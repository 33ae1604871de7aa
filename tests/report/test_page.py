"""The written report: safe whatever runs are called, the same for the same runs, readable."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from rnn_sentiment.report import page
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.export import latex
from rnn_sentiment.report.matrix import matrix, square
from rnn_sentiment.report.section import Section
from rnn_sentiment.report.statistics import Estimate
from rnn_sentiment.report.templating import minus, number
from tests.report.conftest import write_run

pytestmark = pytest.mark.slow


def write_report(folders: list[Path], out: Path, sections: Sequence[Section] = ()) -> Path:
    return page.write(make_report(folders), out, sections)


SECTION = Section("Costs", "costs", "<p>dear</p>", "*dear*\n", pd.DataFrame({"cost": [1.5]}))


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name, skill in (("gru", 0.9), ("lstm", 0.8)):
        write_run(folder / name, name, 1, skill)
    return folder


@pytest.fixture(scope="module")
def written(two_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report([two_runs], tmp_path_factory.mktemp("report"), [SECTION])


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        ({"micro_f1": 0.75, "macro_f1": 0.5}, {"micro F1": "75.00", "macro F1": "50.00"}),
        (
            {"mean_absolute_error": 0.5, "quadratic_kappa": -0.25},
            {"mean absolute error": "0.500", "quadratic kappa": "−0.250"},
        ),
    ],
)
def test_scores_of_several_labels_and_of_an_order_have_columns(scores, shown, tmp_path, two_runs):
    test = {"accuracy": 0.9} | scores
    write_run(tmp_path / "runs" / "gru", "gru", 1, 0.9, num_test=60, test=test)
    html = write_report([tmp_path / "runs"], tmp_path / "out").read_text()
    header, _, row = (
        (tmp_path / "out" / "report.md").read_text().split("\n| ", 1)[1].split("\n")[:3]
    )
    cells = dict(zip(header.split(" | "), row.removeprefix("| ").split(" | "), strict=True))
    for title, value in shown.items():
        assert f'<td data-label="{title}">{value}</td>' in html
        assert cells[title] == value
    assert set(scores) <= set(pd.read_csv(tmp_path / "out" / "results.csv").columns)


def test_calibration_of_several_labels_is_the_mean_over_labels(tmp_path):
    data = {"fingerprint": "b" * 16, "sizes": {"train": 90, "test": 100}, "several": True}
    folder = write_run(tmp_path / "runs" / "gru", "gru", 1, 0.99, num_test=100, data=data)
    frame = pd.read_parquet(folder / "predictions.parquet").drop(columns="probability")
    frame["label"] = [2, 3] * 50  # every other text has the first label, all the other
    frame.assign(probability_0=0.4, probability_1=0.7).to_parquet(folder / "predictions.parquet")
    html = write_report([tmp_path / "runs"], tmp_path / "out").read_text()
    assert '<td data-label="calibration error">20.00</td>' in html  # (10 + 30) / 2
    assert "of classes</th>" not in html
    markdown = (tmp_path / "out" / "report.md").read_text()
    header, rule, row = markdown.split("\n| ", 1)[1].split("\n")[:3]
    assert len({line.count("|") for line in ("| " + header, rule, row)}) == 1
    assert " | 20.00 | " in row
    assert "of classes" not in header
    scores = pd.read_csv(tmp_path / "out" / "tables" / "scores.csv")
    assert scores["calibration error, points"].tolist() == [20]
    assert "of classes, points" not in scores


def test_scores_that_no_run_has_get_no_column(written):
    assert "kappa</th>" not in written.read_text()
    assert "micro_f1" not in (written.parent / "results.csv").read_text()


HOSTILE = "<script>alert(1)</script>|=HYPERLINK(1)"


@pytest.mark.fault("s7")
def test_names_inject_neither_markup_nor_formulas(tmp_path):
    folder = tmp_path / "runs"
    for seed in (1, 2):
        write_run(folder / f"a{seed}", f"=cmd|' /C calc'!A0{HOSTILE}", seed, 0.9)
        write_run(folder / f"b{seed}", "$x$ ![a](http://b) `c`\n# d", seed, 0.8)
    write_run(folder / "c", "x", 1, 0.7, status="failed", error=f"{HOSTILE}\x1b[31m")
    html = write_report([folder], tmp_path / "out").read_text()
    tex = (tmp_path / "out" / "tables" / "scores.tex").read_text()
    assert not re.search(r"(?<!\\)[#$%_]", tex.replace("$-$", ""))
    markdown = (tmp_path / "out" / "report.md").read_text()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<script" not in markdown.replace("\\<script", "")
    assert "![a]" not in markdown
    assert "\x1b" not in html + markdown
    with (tmp_path / "out" / "results.csv").open() as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if re.match(r"\s*[=+@]", cell)]
    assert any(cell.startswith("'=cmd") for cell in cells)


def test_the_same_runs_give_the_same_report(written, two_runs, tmp_path):
    again = write_report([two_runs], tmp_path, [SECTION])
    assert again.read_bytes() == written.read_bytes()
    assert {file.name for file in tmp_path.iterdir()} == {
        "report.html",
        "report.md",
        "results.csv",
        "figures",
        "tables",
    }


def test_a_section_of_another_station_is_part_of_the_page(written):
    html, markdown = written.read_text(), written.with_name("report.md").read_text()
    assert '<a href="#costs">Costs</a>' in html
    assert '<section id="costs">\n<h2>Costs</h2>\n<p>dear</p>' in html
    assert "## Costs\n\n*dear*\n" in markdown


def test_the_interquartile_mean_is_beside_the_mean(written):
    lines = written.with_name("report.md").read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| architecture "))
    header, _, *rows = (line.split(" | ") for line in lines[start : start + 4])
    middle = pd.read_csv(written.parent / "tables" / "scores.csv")["interquartile mean"]
    column = header.index("interquartile mean")
    assert [row[column] for row in rows] == [f"{value:.2f}" for value in middle]
    assert all(len(row) == len(header) for row in rows)


def test_one_sentence_names_the_best(runs):
    (comparison,) = make_report([runs]).comparisons
    assert page.headlines(comparison) == ["gru has the highest mean accuracy and beats all others."]


def test_signs_are_those_of_print_and_no_zero_has_one():
    assert [number(value, 1) for value in (-0.04, -1.25, 1234.5)] == ["0.0", "−1.2", "1,234.5"]
    assert minus("gru-2: 0.1 points [-0.4, 0.6], a-b") == "gru-2: 0.1 points [−0.4, 0.6], a-b"


def test_families_have_a_paragraph_each(runs, tmp_path):
    report = make_report([runs], families=("[lr]*", "g*", "*"))
    html = page.write(report, tmp_path).read_text()
    assert re.findall(r'<p class="lead">(\S+):', html) == ["[lr]*", "*"]


def test_every_table_is_there_for_spreadsheets_and_papers(runs, tmp_path):
    page_file = write_report([runs], tmp_path, [SECTION])
    for name in ("ranking", "who-beats-whom", "scores", "differences", "costs"):
        frame = pd.read_csv(tmp_path / "tables" / f"{name}.csv")
        tex = (tmp_path / "tables" / f"{name}.tex").read_text()
        assert tex.count(r" \\") == len(frame) + 1
        assert f'download="{name}.csv" href="data:text/csv;base64,' in page_file.read_text()
    first = pd.read_csv(tmp_path / "tables" / "ranking.csv")
    assert list(first["architecture"]) == ["gru", "rnn", "lstm"]
    assert list(first["beats"]) == [2, 0, 0]
    assert list(first["s / epoch"]) == [12.0, 12.0, 12.0]
    pairs = pd.read_csv(tmp_path / "tables" / "differences.csv")
    assert set(pairs["verdict"]) == {"A better", "undecided"}
    fresh = "(A fresh run of the first beats one of the second in 100 % of cases.)"
    assert fresh in page_file.read_text()
    assert fresh in (tmp_path / "report.md").read_text()
    frame = pd.DataFrame({"a_b": ["50 %", "−1"], "n": [1.5, float("nan")]})
    assert latex(frame).splitlines()[1:] == [
        r"\toprule",
        r"a\_b & n \\",
        r"\midrule",
        r"50 \% & 1.5 \\",
        r"$-$1 &  \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_the_first_screen_says_who_beats_whom(runs, written):
    (comparison,) = make_report([runs]).comparisons
    cells = matrix(comparison.rows, comparison.verdicts)
    assert [row.label for row in comparison.rows] == ["gru", "rnn", "lstm"]
    kinds = [[cell.kind for cell in line] for line in cells]
    assert kinds == [
        ["", "better", "better"],
        ["worse", "", "undecided"],
        ["worse", "undecided", ""],
    ]
    assert [cell.text for cell in cells[2]] == ["−10.0", "−0.1", ""]
    frame = square(comparison.rows, cells)
    assert list(frame.columns) == ["row − column, points", "1", "2", "3"]
    assert list(frame.iloc[2]) == ["3. lstm", "worse −10.0", "undecided −0.1", ""]
    text = written.read_text()
    assert text.index("Who beats whom") < text.index("Scores and costs")


def test_the_interval_in_a_sentence_is_what_decides_it(runs):
    (comparison,) = make_report([runs]).comparisons
    verdict = comparison.verdicts[0]
    zero_out = Estimate(0.010, 0.001, 0.019, p=0.0501)  # as rounding of its quadrature may give
    assert replace(verdict, estimate=zero_out).outcome == "better"
    zero_in = Estimate(0.010, -0.001, 0.021, p=0.0499)
    assert replace(verdict, estimate=zero_in, narrow=zero_in).outcome == "undecided"


def test_figures_follow_a_dark_scheme(written):
    for file in (written.parent / "figures").glob("*.svg"):
        assert "prefers-color-scheme:dark" in file.read_text()


def test_colours_have_enough_contrast(written):
    """Every ink on the page's and the cards' ground, in light and in dark: 4.5 to 1 (WCAG AA)."""
    text = written.read_text()
    schemes = [
        dict(re.findall(r"--(\w+): (#\w{6})", s)) for s in re.findall(r":root {(.*?)}", text, re.S)
    ]
    assert len(schemes) == 2

    def luminance(colour: str) -> float:
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for scheme in schemes:
        for ink in ("ink", "soft", "link", "yes", "no", "open"):
            for ground in ("page", "card"):
                light, dark = sorted(
                    (luminance(scheme[ink]), luminance(scheme[ground])), reverse=True
                )
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_an_interval_that_one_seed_cannot_give_is_one_dash(written):
    html = written.read_text()
    assert html.count('<td data-label="interval">–</td>') == 2
