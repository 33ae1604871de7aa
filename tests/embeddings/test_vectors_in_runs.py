"""Runs that begin with vectors, as a user starts them and looks into them afterwards."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from tests.conftest import TINY, Command

pytestmark = pytest.mark.slow


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    file = tmp_path / "vectors.4d.txt"
    lines = [f"{word} {i} {i * i} 1 -{i}" for i, word in enumerate(("the", "a", "scene"))]
    file.write_text("\n".join([*lines, "cut 1 0.2"]))
    return file


def test_a_run_with_vectors_needs_them_only_to_begin(run: Command, corpus, vectors, tmp_path):
    done = run(
        "train", "model=bag", "embedding=glove", f"embedding.path={vectors}", f"data.path={corpus}",
        *TINY, "hydra.run.dir=run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("left out 1 last line") == 1
    assert "Loading vectors" not in done.stdout + done.stderr
    facts = json.loads((tmp_path / "run" / "results.json").read_text())["embedding"]
    assert facts["source"] == str(vectors)
    assert facts["left_out"] == {"cut_off": 1}
    assert 0 < facts["coverage"]["types"] < facts["coverage"]["tokens"] < 1
    vectors.unlink()
    scored = run("evaluate", "run=run")
    assert scored.returncode == 0, scored.stderr
    assert "identical to results.json" in scored.stdout

    shown = run("neighbours", "run=run", "scene", "the - a + scene")
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    heads = [line.split()[0] for line in lines]
    assert heads == ["scene", "before", "after", "the", "before", "after"]
    assert lines[1] != lines[2].replace("after", "before")
    refused = run("neighbours", "run=run", "scne")
    assert refused.returncode == 2
    assert "did you mean scene" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.fault("e1")
@pytest.mark.battery
def test_two_processes_equal_one_while_vectors_are_frozen_and_after(run, corpus, vectors, tmp_path):
    frames = []
    for name, trainer in (("one", "cpu"), ("two", "ddp")):
        done = run(
            "train", "model=bag", "embedding=glove", f"embedding.path={vectors}",
            "embedding.frozen_epochs=1", "embedding.dropout=0", "model.dropout=0",
            f"data.path={corpus}", f"trainer={trainer}", *TINY, f"hydra.run.dir={name}",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        frames.append(pd.read_parquet(tmp_path / name / "predictions.parquet"))
    assert_frame_equal(*frames, rtol=1e-3, atol=1e-4)


def test_word2vec_is_learned_and_the_run_does_without_it_afterwards(run, corpus, cache, tmp_path):
    done = run(
        "train", "model=bag", "embedding=word2vec", "embedding.vectors_dim=6", "embedding.epochs=1",
        f"data.path={corpus}", *TINY, "hydra.run.dir=run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "run" / "results.json").read_text())["embedding"]
    assert facts["coverage"]["tokens"] > 0.9
    shutil.rmtree(cache / "word2vec")
    scored = run("evaluate", "run=run")
    assert scored.returncode == 0, scored.stderr


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["embedding.path=nowhere.3d.txt"], "nowhere.3d.txt: cannot be read"),
        (["embedding.path=vectors.txt"], "embedding.vectors_dim"),
        (["embedding.path={file}", "embedding.vectors_dim=9"], "line 1: 4 numbers, expected 9"),
        (["embedding.name=6B.51d"], "embedding.name"),
        (["embedding.frozen_epochs=some"], "embedding.frozen_epochs"),
        (["embedding.name=6B.50d", "embedding.path=null"], "unreachable"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_checkpoint(
    run, corpus, vectors, tmp_path, overrides, message
):
    done = run(
        "train", "model=bag", "embedding=glove", f"data.path={corpus}", *TINY,
        *(override.format(file=vectors) for override in overrides), "hydra.run.dir=run",
        HF_ENDPOINT="http://127.0.0.1:9",
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "checkpoints").exists()
