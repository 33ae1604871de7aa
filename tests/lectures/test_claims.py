"""Claims: settled by their rules from runs, and wrong ones named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rnn_sentiment.errors import UserError
from rnn_sentiment.lectures.claims import Ruling, load_claims, settle_claims
from rnn_sentiment.lectures.evidence import read_evidence
from rnn_sentiment.lectures.rules.rule import Unit
from rnn_sentiment.lectures.section import claims_section
from rnn_sentiment.report.contents import make_report
from tests.report.conftest import runs, write_run

__all__ = ["runs"]  # the fixture


CLAIMS = """
- {id: one, source: me, claim: GRU is better, rule: interval above 0,
   tests: [{kind: difference, a: gru, b: lstm, expect: more}]}
- {id: two, source: me, claim: GRU is worse, rule: interval below 0,
   tests: [{kind: difference, a: gru, b: lstm, expect: less}]}
- {id: three, source: me, claim: RNN is better than LSTM, rule: interval above 0,
   tests: [{kind: difference, a: rnn, b: lstm, expect: more}]}
- {id: four, source: me, claim: needs more, rule: none,
   tests: [{kind: figure, run: gru, measure: auroc, above: 0.5, fewest_seeds: 9}]}
- {id: five, source: me, claim: of others, rule: none,
   tests: [{kind: figure, run: absent, measure: auroc, above: 0.5}]}
- {id: six, source: me, claim: an exact figure, rule: none,
   tests: [{kind: evidence, figure: cosine, equals: 0.5, tolerance: 0.01}]}
- {id: seven, source: me, claim: as fast, rule: none,
   tests: [{kind: ratio, a: gru, b: lstm, measure: seconds_per_epoch, below: 0.5}]}
- {id: nine, source: me, claim: fewer parameters, rule: none,
   tests: [{kind: figure, run: gru, measure: parameters, below: 1000}]}
- {id: eight, source: me, claim: parameters, rule: none,
   tests: [{kind: figure, run: gru, measure: parameters, equals: 1000}]}
"""


def test_claims_are_settled_by_their_rules(runs, tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(CLAIMS)
    (runs / "evidence.json").write_text('{"cosine": 0.503}')
    rows = make_report([runs]).rows
    rulings = settle_claims(load_claims(file), rows, read_evidence([runs]))
    assert {r.claim.id: r.outcome for r in rulings} == {
        "one": "confirmed",
        "two": "refuted",
        "three": "undecided",
        "four": "undecided",
        "five": "undecided",
        "six": "confirmed",
        "seven": "refuted",
        "nine": "refuted",
        "eight": "confirmed",
    }
    (four,) = (r for r in rulings if r.claim.id == "four")
    assert "gru has 3 of the 9 seeds" in four.findings[0].text
    section = claims_section(load_claims(file), rows, read_evidence([runs]))
    assert section is not None
    for text in (section.html, section.markdown):
        assert "GRU is better" in text
        assert "of others" not in text
        assert "No run here bears on: five." in text


def test_no_section_where_no_run_bears_on_a_claim(runs, tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(CLAIMS.replace("gru", "a").replace("lstm", "b").replace("rnn", "c"))
    assert claims_section(load_claims(file), make_report([runs]).rows, {}) is None


def test_what_claims_and_names_hold_is_escaped(tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(
        "- {id: a, source: me, claim: '<script>|[x](y)', rule: none, "
        "tests: [{kind: figure, run: '<b>', measure: parameters, equals: 1000}]}"
    )
    for seed in (1, 2, 3):
        write_run(tmp_path / f"a{seed}", "<b>", seed, 0.9)
    section = claims_section(load_claims(file), make_report([tmp_path]).rows, {})
    assert section is not None
    assert "&lt;script&gt;" in section.html
    assert "&lt;b&gt;" in section.html
    assert "<script>" not in section.html
    assert r"\<script\>\|\[x\]" in section.markdown


def test_the_drop_on_long_reviews_needs_five_reviews(tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(
        "- {id: a, source: me, claim: a, rule: none, tests: [{kind: length_drop, run: gru}]}"
    )
    for seed in (1, 2, 3):
        write_run(tmp_path / f"a{seed}", "gru", seed, 0.9, num_test=3)
    (ruling,) = settle_claims(load_claims(file), make_report([tmp_path]).rows, {})
    assert ruling.outcome == "undecided"
    assert "gru: a test part of 5 texts is not recorded" in ruling.findings[0].text


def test_one_more_run_is_at_most_all_right(tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(
        "- {id: a, source: me, claim: a figure, rule: contained, tests: "
        "[{kind: figure, run: gru, measure: test_accuracy, equals: 0.9}]}"
    )
    for seed, accuracy in enumerate((0.7, 0.9, 0.99), 1):
        write_run(tmp_path / f"a{seed}", "gru", seed, accuracy)
    (ruling,) = settle_claims(load_claims(file), make_report([tmp_path]).rows, {})
    estimate = ruling.findings[0].estimate
    assert estimate is not None
    assert estimate.high == 100


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("run: gru, equals: 12, margin: 6", "confirmed"),  # 12 seconds, one run from 7 to 17
        ("run: gru, equals: 12", "undecided"),
        ("run: gru, equals: 20, margin: 30", "refuted"),
        ("a: gru, b: lstm, equals: 1, margin: 0.5", "confirmed"),
        ("a: gru, b: lstm, equals: 1", "undecided"),
        ("a: gru, b: lstm, equals: 2, margin: 9", "refuted"),
    ],
)
def test_a_wide_interval_does_not_confirm_a_figure(test, outcome, runs, tmp_path):
    kind = "figure" if "run:" in test else "ratio"
    file = tmp_path / "claims.yaml"
    file.write_text(
        "- {id: a, source: me, claim: a figure, rule: contained, "
        f"tests: [{{kind: {kind}, measure: seconds_per_epoch, {test}}}]}}"
    )
    (ruling,) = settle_claims(load_claims(file), make_report([runs]).rows, {})
    assert ruling.outcome == outcome


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("- {id: a}", "claim a: source"),
        ("{}", "a list of claims"),
        ("- [", "claims"),
        (CLAIMS.replace("auroc", "aurocc"), "no measure 'aurocc'"),
        (CLAIMS.replace("kind: ratio", "kind: rate"), "kind"),
    ],
)
def test_a_wrong_claim_is_named(wrong, expected, tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(wrong)
    with pytest.raises(UserError, match=re.escape(expected)):
        load_claims(file)


def ruling_of(claim: str, folder: Path, runs: Path) -> Ruling:
    """The ruling on a claim, by its fields in YAML but for the first ones."""
    file = folder / "claims.yaml"
    file.write_text(f"- {{id: a, source: me, claim: a, rule: none, {claim}}}")
    (ruling,) = settle_claims(load_claims(file), make_report([runs]).rows, {})
    return ruling


def test_each_of_many_tests_refutes_at_a_stricter_level(runs, tmp_path):
    """The ratio of seconds is 1 [0.82, 1.21]; with the level of ten tests it reaches below 0.78."""
    test = "{kind: ratio, a: gru, b: lstm, measure: seconds_per_epoch, below: 0.78}"
    assert ruling_of(f"tests: [{test}]", tmp_path, runs).outcome == "refuted"
    ten = ruling_of(f"tests: [{', '.join([test] * 10)}]", tmp_path, runs)
    assert ten.outcome == "undecided"
    assert "not at the level for 10 tests" in ten.findings[0].text


def test_a_printed_figure_is_that_of_one_run(runs, tmp_path):
    """12 seconds on average, but a run of 16 is nothing out of the ordinary."""
    test = "{kind: figure, run: gru, measure: seconds_per_epoch, equals: 16, margin: 9}"
    assert ruling_of(f"tests: [{test}]", tmp_path, runs).outcome == "confirmed"


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("kind: difference, a: gru, b: lstm, expect: more, margin: 0.05", "confirmed"),
        ("kind: difference, a: gru, b: lstm, expect: more, margin: 0.2", "refuted"),
        ("kind: difference, a: lstm, b: gru, expect: less, margin: 0.05", "confirmed"),
        ("kind: difference, a: gru, b: lstm, measure: parameters, expect: equal", "confirmed"),
        ("kind: sensitive, runs: [gru, lstm, rnn], margin: 0.05", "confirmed"),
        ("kind: sensitive, runs: [gru, lstm, rnn], margin: 0.098", "undecided"),
        ("kind: sensitive, runs: [lstm, rnn], margin: 0.05", "refuted"),
    ],
)
def test_differences_are_tested_against_their_margins(test, outcome, runs, tmp_path):
    assert ruling_of(f"tests: [{{{test}}}]", tmp_path, runs).outcome == outcome


def test_a_first_rule_is_shown_beside_the_sounder_one(runs, tmp_path):
    first = "first: {rule: by eye, outcome: refuted, date: 2026-11-21}, since: 2026-11-22"
    test = "tests: [{kind: difference, a: gru, b: lstm, expect: more}]"
    file = tmp_path / "claims.yaml"
    file.write_text(f"- {{id: a, source: me, claim: a, rule: by interval, {first}, {test}}}")
    section = claims_section(load_claims(file), make_report([runs]).rows, {})
    assert section is not None
    for text in (section.html, section.markdown):
        assert all(part in text for part in ("by eye", "2026-11-21", "2026-11-22", "confirmed"))


def test_runs_that_are_no_test_of_a_claim_do_not_settle_it(runs, tmp_path):
    test = "tests: [{kind: difference, a: gru, b: lstm, expect: less}]"
    ruling = ruling_of(f"not_tested: too few words, {test}", tmp_path, runs)
    assert ruling.outcome == "not tested"


def test_more_runs_serve_only_the_claims(runs, tmp_path):
    for seed in (1, 2, 3):
        (runs / f"rnn-{seed}").rename(tmp_path / f"rnn-{seed}")
    others = [tmp_path / f"rnn-{seed}" for seed in (1, 2, 3)]
    file = tmp_path / "claims.yaml"
    file.write_text(CLAIMS)
    report = make_report([runs], also=others)
    assert [row.label for row in report.comparisons[0].rows] == ["gru", "lstm"]
    rulings = settle_claims(load_claims(file), report.rows, {})
    (three,) = (r for r in rulings if r.claim.id == "three")
    assert "rnn − lstm" in three.findings[0].text


def test_the_lectures_claims_are_readable():
    claims = load_claims()
    assert len({claim.id for claim in claims}) == len(claims) > 25
    assert all(claim.rule and claim.tests for claim in claims)


@pytest.mark.parametrize(
    ("measure", "figure", "written", "apart"),
    [
        ("test_accuracy", 0.812371, "81.24", "81.24 points"),
        ("test_accuracy", 0.01, "1", "1 point"),
        ("test_accuracy", 0.5, "50", "50 points"),
        ("seconds_per_epoch", 1.44567, "1.45", "1.45"),
        ("seconds_per_epoch", 0.0663812, "0.0664", "0.0664"),
    ],
)
def test_figures_are_rounded_for_readers(measure, figure, written, apart):
    unit = Unit.of(measure)
    assert unit.write(figure) == written
    assert unit.distance(figure) == apart
