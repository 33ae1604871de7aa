"""Runs that were packed and unpacked say what they said before."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml

from benchmarks.lectures.archive import pack, unpack
from rnn_sentiment.lectures.claims import load_claims
from rnn_sentiment.report.grouping import group
from rnn_sentiment.report.loading import load
from rnn_sentiment.report.tables import run_table
from tests.report.conftest import write_run

SCORES = {"accuracy": 0.8}
EXACT = next(t.a for claim in load_claims() for t in claim.tests if t.kind == "identical")


def make_run(folder, name, seed):
    write_run(folder, name, seed, 0.8, test=SCORES, test_deduplicated=SCORES)
    steps, distances = range(4), range(60)
    norm = [[0.9 ** (d * (e + 1)) for d in distances] for e in steps]
    flow = {"epochs": [*steps], "distance": [*distances], "norm": norm}
    (folder / "gradient_flow.json").write_text(json.dumps(flow))
    (folder / ".hydra").mkdir()
    (folder / ".hydra" / "config.yaml").write_text(
        yaml.safe_dump({"seed": seed, "model": {"cell": "gru"}, "data": {"path": "/home/me/imdb"}})
    )
    (folder / ".hydra" / "overrides.yaml").write_text(f"- seed={seed}\n- data.path=/home/me/imdb\n")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Runs, and the same after packing and unpacking."""
    top = tmp_path_factory.mktemp("archive")
    for seed in (1, 2):
        make_run(top / "before/shootout" / f"gru-{seed}", "gru", seed)
        make_run(top / "before/lectures" / f"lstm-{seed}", "lstm", seed)
        make_run(top / "before/lectures" / f"exact-{seed}", EXACT, seed)
    (top / "before/shootout/evidence.json").write_text('{"cosine": 0.5}')
    pack([top / "before/shootout", top / "before/lectures"], top / "packed")
    unpack(top / "packed", top / "after")
    return top


def rows_of(folder):
    runs, left_out = load([folder])
    assert not left_out
    return {row.label: row for row in group(runs)[0]}


def test_all_measures_and_answers_are_the_same(folders):
    before, after = (rows_of(folders / when) for when in ("before", "after"))
    assert before.keys() == after.keys() == {"gru", "lstm", EXACT}
    a, b = run_table(before.values()), run_table(after.values())
    decays = [column for column in a if column.startswith("gradient_decay")]
    assert a.drop(columns=decays).equals(b.drop(columns=decays))
    assert np.allclose(a[decays], b[decays], rtol=1e-4)
    for name, row in before.items():
        assert np.array_equal(row.correct, after[name].correct)
        assert row.reviews.equals(after[name].reviews)


def test_probabilities_are_kept_where_they_are_used(folders):
    before, after = (rows_of(folders / when) for when in ("before", "after"))
    for name in ("gru", EXACT):
        assert np.abs(before[name].probability - after[name].probability).max() <= 2**-16
    assert after["lstm"].probability is None


def test_gradients_are_kept_before_and_after_training_as_far_as_they_are_read(folders):
    after = rows_of(folders / "after")
    for name, num_distances in {"gru": 60, "lstm": 50}.items():
        flow = after[name].runs[0].gradient_flow
        assert flow.epochs == [0, 3]
        assert [len(norms) for norms in flow.norm] == [num_distances] * 2
        assert len(flow.distance) == num_distances


def test_evidence_is_kept_and_paths_of_a_machine_are_not(folders):
    assert (folders / "after/shootout/evidence.json").read_text() == '{"cosine": 0.5}'
    for file in (folders / "after").rglob("*.*"):
        if file.suffix in (".json", ".yaml"):
            assert "/home" not in file.read_text()
