"""Whole runs, as processes: what they write, refuse and need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from rnn_sentiment.checkpoints import load_checkpoint
from tests.conftest import TINY
from tests.training.folders import predictions, results

pytestmark = pytest.mark.slow


def hyperparameters(folder: Path) -> set[str]:
    """Names that TensorBoard's HPARAMS shows, those of the final metrics among them."""
    events = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 1})
    events.Reload()
    begun = HParamsPluginData.FromString(
        events.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    )
    return {*begun.session_start_info.hparams, *events.Tags()["scalars"]}


def test_a_run_fills_its_folder_and_can_be_scored_again_and_used(train, run):
    folder = train("run", "model.hidden_size=8")
    for name in (
        "tokenizer.json",
        "corpus.json",
        "curves.png",
        "predictions.parquet",
        ".hydra/config.yaml",
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
    ):
        assert (folder / name).stat().st_size > 0, name
    shown = {"architecture", "seed", "model.hidden_size", "optimizer.lr", "test/accuracy"}
    assert shown <= hyperparameters(folder)
    found = results(folder)
    assert found["status"] == "completed"
    assert found["data"]["sizes"]["train"] + found["data"]["sizes"]["validation"] == 300
    assert len(found["history"]) == 2
    best = load_checkpoint(folder / "checkpoints" / "best.ckpt")
    assert found["validation"]["epoch"] == best["epoch"]
    metrics = {"accuracy", "f1", "macro_f1", "auroc", "calibration_error", "loss"}
    assert metrics == set(found["test"]) == set(found["test_deduplicated"])
    assert predictions(folder)["row_id"].is_unique

    scored = run("evaluate", f"run={folder}")
    assert scored.returncode == 0, scored.stderr
    assert "identical to results.json" in scored.stdout

    texts = ["A dull, dull film.", "Never dull: a brilliant one!", ""]
    together = run("predict", f"run={folder}", *texts).stdout.splitlines()
    alone = [run("predict", f"run={folder}", text).stdout.splitlines()[0] for text in texts[:2]]
    assert together[:2] == alone
    assert len(together) == 3


def test_a_table_of_ones_own_with_several_classes(run, tmp_path):
    words = {"sport": "goal match team", "art": "paint stage poem", "law": "court judge trial"}
    rows = [
        {"body": f"{text} number {i} of a long day", "topic": name}
        for name, text in words.items()
        for i in range(60)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "news.csv", index=False, sep="~")
    done = run(
        "train", "data=text_files", "data.path=news.csv", "data.text_column=body",
        "data.label_column=topic", "data.delimiter=~", "model=bag", *TINY,
        "embedding.dim=16", "trainer.max_epochs=9",
        "data.deduplicate=true", "hydra.run.dir=news", "embedding.dropout=0",
        "embedding.word_dropout=0", "optimizer.lr=0.05",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = results(tmp_path / "news")
    assert found["data"]["labels"] == ["art", "law", "sport"]
    assert set(found["classes"]) == {"art", "law", "sport"}
    assert found["test"]["accuracy"] > 0.9
    assert sum(c["rows"] for c in found["classes"].values()) == found["data"]["sizes"]["test"]
    table = predictions(tmp_path / "news")
    assert np.allclose(table.filter(like="probability_").sum(axis=1), 1)
    scored = run("evaluate", "run=news")
    assert "identical to results.json" in scored.stdout, scored.stderr
    named = run("predict", "run=news", "judge and court", "match of a team")
    assert [line.split("\t")[0] for line in named.stdout.splitlines()] == ["law", "sport"]
    assert run("export", "run=news", "out=bundle").returncode == 0
    for model in ("news", "bundle"):  # columns and delimiter are those of the training file
        assert run("predict", f"run={model}", "file=news.csv", "out=out.csv").returncode == 0
        again = run("evaluate", f"run={model}", "file=news.csv")
        assert "180 rows: accuracy=" in again.stdout, again.stderr
        assert again.stderr == "news.csv is read like the run's own files: delimiter=~\n"


@pytest.mark.battery
def test_a_test_part_of_training_texts_is_scored_and_pointed_out(run, tmp_path):
    rows = [{"text": f"{word} number {i}", "label": word} for i in range(40) for word in ("a", "b")]
    (tmp_path / "own").mkdir()
    pd.DataFrame(rows).to_csv(tmp_path / "own" / "train.csv", index=False)
    pd.DataFrame(rows[:20]).to_csv(tmp_path / "own" / "test.csv", index=False)
    done = run("train", "data=text_files", "data.path=own", "model=bag", *TINY, "hydra.run.dir=run")
    assert done.returncode == 0, done.stderr
    assert "every test text is also in the train part" in done.stdout
    assert "test_deduplicated" not in results(tmp_path / "run")
    scored = run("evaluate", "run=run")
    assert "identical to results.json" in scored.stdout, scored.stderr
    assert run("report", "run").returncode == 0
    assert run("export", "run=run").returncode == 0


def test_without_hub_and_folder_the_demo_corpus_is_used_and_said_so(run, tmp_path):
    done = run(
        "train", "model=bag", "data.demo_sizes=[200,100]", *TINY, "hydra.run.dir=run",
        HF_ENDPOINT="http://127.0.0.1:9",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("This is the demo corpus, not IMDB") == 2
    assert results(tmp_path / "run")["data"]["source"] == "demo"
    refused = run(
        "train", "model=bag", "data.source=hub", "hydra.run.dir=other",
        HF_ENDPOINT="http://127.0.0.1:9",
    )  # fmt: skip
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1


def test_a_used_run_folder_is_refused_and_left_alone(finished, run, corpus):
    before = results(finished)
    done = run("train", "model=bag", f"data.path={corpus}", *TINY, f"hydra.run.dir={finished}")
    assert done.returncode == 2
    assert "already holds a run" in done.stderr
    assert results(finished) == before


def test_a_damaged_checkpoint_is_refused(finished, run):
    file = finished / "checkpoints" / "best.ckpt"
    contents = bytearray(file.read_bytes())
    contents[len(contents) // 2] ^= 1
    file.write_bytes(bytes(contents))
    done = run("evaluate", f"run={finished}")
    assert done.returncode == 2
    assert "damaged" in done.stderr


FIRST_BATCH = """
import runpy, sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("datasets", "matplotlib"):
            sys.exit(f"imports {name}")

def first(*_):
    print("first batch")
    sys.stdout.flush()
    os._exit(0)

import os
sys.meta_path.insert(0, Refused())
sys.argv = ["train", *sys.argv[1:]]
import rnn_sentiment.train as command
run = command.run

def patched(cfg):
    from rnn_sentiment.commands import without_plotting
    with without_plotting():
        from rnn_sentiment.classifier import Classifier
    Classifier.training_step = first
    run(cfg)

command.run = patched
command.main()
"""


@pytest.mark.battery
def test_a_cached_run_reaches_its_first_batch_without_datasets_and_matplotlib(
    run, corpus, environment, tmp_path
):
    arguments = ["model=bag", f"data.path={corpus}", *TINY]
    assert run("train", *arguments, "hydra.run.dir=first").returncode == 0  # fills the cache
    done = subprocess.run(
        [sys.executable, "-c", FIRST_BATCH, *arguments, "hydra.run.dir=second"],
        capture_output=True, text=True, cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert "first batch" in done.stdout, done.stderr
