"""Pretraining as a run: what it leaves, and that a killed one resumes bit for bit."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.errors import Interrupted, UserError
from rnn_sentiment.pretraining import LanguageModel
from rnn_sentiment.pretraining.streams import Windows
from rnn_sentiment.training.build import build_data
from rnn_sentiment.training.language_modelling import build_language_model
from tests.pretraining.runs_of_models import STEPS, language_model, pretrain
from tests.training.test_resume import assert_same_runs, kill

# Lightning warns of every folder that holds checkpoints, as that of a resumed run does.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists")]


@pytest.mark.fault("c3")
def test_a_killed_run_resumes_bit_for_bit(corpus, cache, tmp_path, monkeypatch):
    cfg = language_model(corpus, cache, "model.dropout=0.2", "model.weight_dropout=0.2")
    whole = pretrain(cfg, tmp_path / "whole")
    with monkeypatch.context() as patched:
        kill(patched, LanguageModel, "training_step", STEPS + 3)
        with pytest.raises(Interrupted):
            pretrain(cfg, tmp_path / "run")
    resumed = pretrain(cfg, tmp_path / "run", resume=True)
    assert_same_runs(tmp_path / "whole", tmp_path / "run")
    assert resumed["validation"] == whole["validation"]


def test_a_run_goes_on_only_with_the_same_unlabelled_texts(corpus, cache, tmp_path, monkeypatch):
    further = tmp_path / "further"
    further.mkdir()
    (further / "one.txt").write_text("a fine film")
    cfg = language_model(corpus, cache, f"data.unlabelled={further}")
    with monkeypatch.context() as patched:
        kill(patched, LanguageModel, "training_step", STEPS + 1)
        with pytest.raises(Interrupted):
            pretrain(cfg, tmp_path / "run")
    (further / "two.txt").write_text("...")  # which adds no word
    with pytest.raises(UserError, match="the unlabelled texts are not those"):
        pretrain(cfg, tmp_path / "run", resume=True)


def test_perplexity_is_that_of_every_text_by_itself(corpus, cache, pretrained):
    folder, _ = pretrained
    results = json.loads((folder / "results.json").read_text())
    (row,) = results["history"]
    cfg = language_model(corpus, cache)
    data = build_data(cfg)
    data.setup()
    model = build_language_model(cfg, data.counts())
    state = load_checkpoint(folder / "checkpoints" / "best.ckpt")["state_dict"]
    model.load_state_dict(state)
    longest, texts = 10_000, data.validation_texts
    alone = Windows(texts, num_streams=1, num_steps=longest, seed=None)
    total, count = 0.0, 0
    for place in alone.places:
        with torch.no_grad():
            loss, _ = model.eval().network(alone[0, place])
        total += float(loss) * int(texts.lengths[place])
        count += int(texts.lengths[place])
    assert len(alone.places) == len(texts.lengths)
    assert row["val/perplexity"] == pytest.approx(math.exp(total / count), rel=1e-5)
    assert row["train/perplexity"] == pytest.approx(math.exp(row["train/loss"]), rel=1e-5)
    assert results["validation"]["perplexity"] == row["val/perplexity"]


def test_the_commands_work_together(run, corpus: Path, tmp_path: Path):
    small = ("trainer.precision=32-true", "trainer.max_epochs=1", "data.fingerprint=null")
    done = run(
        "pretrain", f"data.path={corpus}", *small, "direction=backward", "model.hidden_size=4",
        "embedding.dim=4", f"hydra.run.dir={tmp_path}/model",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "perplexity" in done.stdout
    assert f"rnn_sentiment.train pretrained={tmp_path}/model" in done.stdout
    done = run(
        "train", f"pretrained={tmp_path}/model", f"data.path={corpus}", *small,
        "data.batch_size=100", "callbacks.pictures=null", f"hydra.run.dir={tmp_path}/run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (tmp_path / "model").rename(tmp_path / "elsewhere")
    done = run("evaluate", f"run={tmp_path}/run")
    assert done.returncode == 0, done.stderr
    assert "identical to results.json" in done.stdout
    done = run("predict", f"run={tmp_path}/run", "a fine film")
    assert done.returncode == 0, done.stderr
    for name in ("predict", "evaluate"):
        done = run(name, f"run={tmp_path}/elsewhere", *(["x"] if name == "predict" else []))
        assert done.returncode == 2
        assert "holds a language model, which has no classes" in done.stderr
    done = run("train", f"pretrained={tmp_path}/run")
    assert done.returncode == 2
    assert "it holds no language model" in done.stderr
