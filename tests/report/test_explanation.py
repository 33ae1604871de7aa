"""Explanations as people see them: in a terminal and as a page that needs nothing else."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from rnn_sentiment import explain as command
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference.explanation import Explanation, explain
from rnn_sentiment.report import explanation_page, explanation_terminal
from tests.conftest import Command
from tests.inference.networks import TEXT, make_predictor

HOSTILE = "a [bold]quiet[/] <script>alert(1)</script> film \x1b[31m"


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return explain(make_predictor(), HOSTILE)


@pytest.fixture(scope="module")
def page(explanation: Explanation, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("page") / "page.html"
    explanation_page.write(explanation, file)
    return file.read_text()


def test_the_page_has_the_text_and_no_more_than_its_own(page, explanation):
    paragraphs = re.findall(r'<p class="words">(.*?)</p>', page, re.DOTALL)
    for paragraph in paragraphs:
        assert "&lt;script&gt;" not in paragraph  # < and script are pieces of their own
        shown = re.sub("<[^>]*>", "", paragraph).replace("&lt;", "<").replace("&gt;", ">")
        assert shown == explanation.words.text
    assert len(paragraphs) == len(explanation.importance)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=|url\(|@import", page)


def test_the_page_marks_the_words_that_matter(page, explanation):
    marks = re.findall(r'<mark class="(for|against)" style="--much: (\d+)%" title="(.+?)"', page)
    assert max(int(much) for _, much, _ in marks) == 100
    assert all((kind == "for") == title.startswith("+") for kind, _, title in marks)
    strength = [explanation.strength(method) for method in explanation.importance]
    assert len(marks) == sum((values != 0).sum() for values in strength)


def test_the_page_says_how_far_to_trust_it(page, explanation):
    for sentence in explanation.trust():
        assert sentence in page
    assert page.count("<polyline") == 3


def test_nothing_is_said_of_the_order_of_a_single_word():
    sentences = explain(make_predictor(), "film").trust()
    assert not any("no better than chance" in sentence for sentence in sentences)


def test_a_terminal_shows_colours_and_a_file_none(explanation, capsys, monkeypatch):
    explanation_terminal.show(explanation)
    plain = capsys.readouterr().out
    assert "\x1b" not in plain
    assert explanation.words.text in plain  # brackets are no markup
    assert all(sentence in plain for sentence in explanation.trust())
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    explanation_terminal.show(explanation)
    assert "48;2;80;160;255" in capsys.readouterr().out  # the strongest word's blue


def test_the_stronger_a_word_the_fuller_its_colour():
    assert explanation_terminal.style(1) == "black on rgb(80,160,255)"
    assert explanation_terminal.style(-0.5) == "black on rgb(255,202,152)"
    assert explanation_terminal.style(0) == ""


def test_the_command_explains_a_run(run: Command, finished_run: Path, tmp_path: Path):
    text = "A quiet film. It is dreadful, not splendid."
    done = run("explain", f"run={finished_run}", text, "out=page.html")
    assert done.returncode == 0, done.stderr
    assert text in done.stdout
    assert re.search(r"0\.\d{3} by occlusion, 0\.\d{3} by integrated gradients", done.stdout)
    assert done.stdout.endswith("page.html\n")
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


@pytest.mark.battery
def test_a_terminal_without_the_letters_gets_question_marks(run: Command, finished_run: Path):
    done = run("explain", f"run={finished_run}", "🎬 film", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "? film" in done.stdout


@pytest.mark.parametrize("out", ["page.txt", "nowhere/page.html"])
def test_a_page_that_cannot_be_is_refused_before_the_model_is_read(out, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=f"out={out}"):
        command.run(["run=nowhere", TEXT, f"out={out}"])


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    with pytest.raises(UserError, match=r"rnn_sentiment\[explain\]"):
        command.run(["run=nowhere", TEXT])
