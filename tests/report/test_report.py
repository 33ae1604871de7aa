"""Reports: who may stand in one table, what hostile runs can do (nothing), what a page shows."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml

from rnn_sentiment.errors import UserError
from rnn_sentiment.lectures.claims import load_claims
from rnn_sentiment.report import write_report
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.figures import draw
from tests.report.conftest import write_run

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def report_of(*folders: Path, claims=(), baseline=None):
    return make_report(list(folders), list(claims), baseline)


def test_pairs_get_verdicts_in_sentences(runs):
    (comparison,) = report_of(runs).comparisons
    sentences = [verdict.sentence for verdict in comparison.verdicts]
    assert any(
        re.match(r"gru beats lstm by 10\.0 points \[\d+\.\d, \d+\.\d\]\.", s) for s in sentences
    )
    (tie,) = (s for s in sentences if "gru" not in s)
    assert "cannot be told apart at 3 seeds" in tie
    assert comparison.notes == ()


def test_a_baseline_is_compared_with_all_others_only(runs):
    (comparison,) = report_of(runs, baseline=runs / "lstm-1").comparisons
    assert {frozenset((v.a.label, v.b.label)) for v in comparison.verdicts} == {
        frozenset(("lstm", "gru")),
        frozenset(("lstm", "rnn")),
    }
    with pytest.raises(UserError, match="not one of the runs"):
        report_of(runs, baseline=runs)


@pytest.mark.parametrize(
    "other",
    [
        {"fingerprint": "b" * 16},
        {"precision": "bf16-mixed"},
        {"device": "cuda"},
        {"data": {"fingerprint": "a" * 16, "sizes": {"train": 80, "test": 2000}}},
        {
            "data": {
                "fingerprint": "a" * 16,
                "sizes": {"train": 90, "test": 2000},
                "validated_on": "test",
            }
        },
    ],
)
def test_what_differs_in_data_or_precision_never_shares_a_row(runs, other):
    write_run(runs / "other", "gru", 4, 0.9, **other)
    comparisons = report_of(runs).comparisons
    assert sorted(sum(len(row.runs) for row in c.rows) for c in comparisons) == [1, 9]


def test_integers_of_any_size_are_the_same_labels(runs, tmp_path):
    before = report_of(runs)
    for folder in runs.glob("lstm-*"):
        frame = pd.read_parquet(folder / "predictions.parquet")
        frame.astype({"label": "int8", "length": "uint16"}).to_parquet(
            folder / "predictions.parquet"
        )
    after = report_of(runs)
    assert not after.left_out
    assert [v.sentence for c in after.comparisons for v in c.verdicts] == [
        v.sentence for c in before.comparisons for v in c.verdicts
    ]
    file = tmp_path / "claims.yaml"
    file.write_text(CLAIMS)
    (one,) = (r for r in report_of(runs, claims=load_claims(file)).rulings if r.claim.id == "one")
    assert one.outcome == "confirmed"


def test_few_seeds_are_said_aloud(tmp_path):
    write_run(tmp_path / "a", "gru", 1, 0.9)
    write_run(tmp_path / "b", "lstm", 1, 0.8)
    (comparison,) = report_of(tmp_path).comparisons
    assert "Fewer than 3 seeds" in comparison.notes[0]
    assert "with one seed, the architectures cannot be compared" in comparison.verdicts[0].sentence


def spoil(folder: Path, what: str) -> None:
    results = folder / "results.json"
    predictions = folder / "predictions.parquet"
    stated = json.loads(results.read_text())
    if what == "failed":
        results.write_text(json.dumps({"status": "failed", "error": "out of memory"}))
    elif what == "cut":
        results.write_text(results.read_text()[:40])
    elif what == "nan":
        results.write_text(results.read_text().replace('"parameters": 1000', '"parameters": NaN'))
    elif what == "truncated predictions":
        predictions.write_bytes(predictions.read_bytes()[:200])
    elif what == "boasts":
        results.write_text(json.dumps(stated | {"test": {"accuracy": 0.999}}))
    elif what == "link":
        predictions.unlink()
        predictions.symlink_to("/dev/zero")
    elif what == "deep":
        results.write_text("[" * 100_000)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("failed", "failed: out of memory"),
        ("cut", "not JSON"),
        ("nan", "parameters"),
        ("truncated predictions", "damaged"),
        ("boasts", "says a test accuracy of 0.9990"),
        ("link", "not a regular file"),
        ("deep", "not JSON"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_its_reason(runs, what, why):
    spoil(runs / "rnn-3", what)
    report = report_of(runs)
    (one,) = report.left_out
    assert one.folder == runs / "rnn-3"
    assert why in one.reason
    (comparison,) = report.comparisons
    assert "rnn" in comparison.notes[0]


def test_nothing_usable_is_one_clear_line(tmp_path):
    with pytest.raises(UserError, match="no finished run under"):
        report_of(tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        report_of(tmp_path / "nowhere")


HOSTILE = "<script>alert(1)</script>|=HYPERLINK(1)"


def test_names_inject_neither_markup_nor_formulas(tmp_path):
    folder = tmp_path / "runs"
    for seed in (1, 2):
        write_run(folder / f"a{seed}", f"=cmd|' /C calc'!A0{HOSTILE}", seed, 0.9)
        write_run(folder / f"b{seed}", "$x$ ![a](http://b) `c`\n# d", seed, 0.8)
    write_run(folder / "c", "x", 1, 0.7, status="failed", error=f"{HOSTILE}\x1b[31m")
    page = write_report([folder], tmp_path / "out")
    html, markdown = page.read_text(), (tmp_path / "out" / "report.md").read_text()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<script" not in markdown.replace("\\<script", "")
    assert "![a]" not in markdown
    assert "\x1b" not in html + markdown
    with (tmp_path / "out" / "results.csv").open() as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if re.match(r"\s*[=+@]", cell)]
    assert any(cell.startswith("'=cmd") for cell in cells)


def test_the_same_runs_give_the_same_report(runs, tmp_path):
    first, second = (write_report([runs], tmp_path / name) for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert {f.name for f in (tmp_path / "a").iterdir()} == {
        "report.html",
        "report.md",
        "results.csv",
        "figures",
    }


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
    report = report_of(runs, claims=load_claims(file))
    assert {r.claim.id: r.outcome for r in report.rulings} == {
        "one": "confirmed",
        "two": "refuted",
        "three": "undecided",
        "four": "undecided",
        "six": "confirmed",
        "seven": "refuted",
        "nine": "refuted",
        "eight": "confirmed",
    }
    assert report.open_claims == ("five",)
    (four,) = (r for r in report.rulings if r.claim.id == "four")
    assert "gru has 3 of the 9 seeds" in four.findings[0].text


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("run: gru, equals: 12, margin: 3", "confirmed"),  # 12 seconds, from 9.5 to 14.5
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
    (ruling,) = report_of(runs, claims=load_claims(file)).rulings
    assert ruling.outcome == outcome


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("- {id: a}", "claim a: source"),
        ("{}", "a list of claims"),
        ("- [", "claims"),
        (CLAIMS.replace("auroc", "aurocc"), "no measure 'aurocc'"),
        (CLAIMS.replace("kind: ratio", "kind: rate"), "kind"),
    ],
)
def test_a_wrong_claim_is_named(wrong, said, tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(wrong)
    with pytest.raises(UserError, match=re.escape(said)):
        load_claims(file)


def test_more_runs_serve_the_claims_alone(runs, tmp_path):
    for seed in (1, 2, 3):
        (runs / f"rnn-{seed}").rename(tmp_path / f"rnn-{seed}")
    others = [tmp_path / f"rnn-{seed}" for seed in (1, 2, 3)]
    file = tmp_path / "claims.yaml"
    file.write_text(CLAIMS)
    report = make_report([runs], load_claims(file), also=others)
    assert [row.label for row in report.comparisons[0].rows] == ["gru", "lstm"]
    (three,) = (r for r in report.rulings if r.claim.id == "three")
    assert "rnn less lstm" in three.findings[0].text


def test_legends_and_labels_stay_inside_and_apart(tmp_path):
    for number in range(6):
        for seed in (1, 2, 3):
            name = f"an_architecture_{number}"
            write_run(tmp_path / f"{name}-{seed}", name, seed, 0.8 + number / 1000)
    (comparison,) = report_of(tmp_path).comparisons
    for picture in draw(comparison.rows):
        picture.figure.draw_without_rendering()
        for legend in picture.figure.legends:
            box, page = legend.get_window_extent(), picture.figure.bbox
            assert box.x0 >= page.x0
            assert box.x1 <= page.x1
        if picture.name == "pareto":
            boxes = [text.get_window_extent() for text in picture.figure.axes[0].texts]
            assert len(boxes) == 6
            assert not any(box.count_overlaps(boxes[:n]) for n, box in enumerate(boxes))


def test_the_lectures_claims_are_readable():
    claims = load_claims()
    assert len({claim.id for claim in claims}) == len(claims) > 25
    assert all(claim.rule and claim.tests for claim in claims)


def test_the_command_says_verdicts_and_mistakes(run, runs, tmp_path):
    done = run(
        "report", str(runs / "gru-1"), str(runs / "lstm-1"), "--baseline", str(runs / "gru-1")
    )
    assert done.returncode == 0, done.stderr
    assert "This run of gru beats that of lstm by" in done.stdout
    assert (tmp_path / "report" / "report.html").exists()
    wrong = run("report", str(tmp_path / "nowhere"))
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: ")


PROBE = """
<script>
addEventListener('error', event => document.title += ' error ' + event.message);
addEventListener('load', () => {
  const outside = performance.getEntriesByType('resource').filter(r => !r.name.startsWith('data:'));
  const images = [...document.images].filter(i => i.complete && !i.naturalWidth).length;
  document.documentElement.setAttribute('data-found', JSON.stringify({
    overflow: document.documentElement.scrollWidth - innerWidth, outside: outside.length, images,
    focusable: [...document.querySelectorAll('a[href], summary, [tabindex="0"]')].length}));
});
</script>
"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("width", [500, 1280])  # Chromium's windows are no narrower
def test_the_page_fits_a_phone_and_a_desktop(width, runs, tmp_path):
    page = write_report([runs], tmp_path / "out")
    text = page.read_text()
    assert "default-src 'none'" in text
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    # The page's own policy allows no script: the probe goes into a copy without it.
    probed = tmp_path / "probed.html"
    probed.write_text(
        re.sub(r"<meta http-equiv[^>]*>", "", text).replace("</body>", f"{PROBE}</body>")
    )
    done = subprocess.run(
        [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom",
         f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900",
         "--virtual-time-budget=3000", probed.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    found = re.search(r'data-found="([^"]+)"', done.stdout)
    assert found, done.stderr
    seen = json.loads(found[1].replace("&quot;", '"'))
    assert seen["overflow"] <= 0
    assert seen["outside"] == seen["images"] == 0
    assert seen["focusable"] > 3
    assert " error " not in re.search(r"<title>(.*?)</title>", done.stdout)[1]


def test_colours_have_enough_contrast(runs, tmp_path):
    """Every ink on the page's and the cards' ground, in light and in dark: 4.5 to 1 (WCAG AA)."""
    text = write_report([runs], tmp_path / "out").read_text()
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


def test_claims_can_be_written_in_a_few_lines(runs, tmp_path):
    claim = yaml.safe_load(CLAIMS)[0]
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump([claim]))
    page = write_report([runs], tmp_path / "out", claims=file)
    assert "GRU is better" in page.read_text()
