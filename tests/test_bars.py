"""Reading for long: a bar in a terminal, whole lines elsewhere, and few of them."""

from __future__ import annotations

import sys

from rnn_sentiment import bars


def test_without_a_terminal_there_are_whole_lines_when_they_are_due(monkeypatch, capsys):
    assert list(bars.Bar(range(3), desc="Reading", unit=" texts")) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(bars, "EVERY", 0.0)
    list(bars.Bar(range(3), desc="Reading", unit=" texts"))
    shown = capsys.readouterr().err
    assert "\r" not in shown
    assert all(line.startswith("Reading:") for line in shown.splitlines())
    assert "3/3" in shown.splitlines()[-1]


def test_without_a_terminal_other_lines_stay_as_they_are(capsys):
    with bars.Bar(desc="Reading"):
        bars.Bar.write("skipped: row 3", file=sys.stderr)
    assert capsys.readouterr().err == "skipped: row 3\n"


def test_in_a_terminal_a_bar_comes_and_goes(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    list(bars.Bar(range(3), desc="Reading"))
    shown = capsys.readouterr().err
    assert "Reading: " in shown
    assert shown.rstrip(" ").endswith("\r")
