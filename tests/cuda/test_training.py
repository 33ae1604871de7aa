"""Every model and experiment trains, goes on where it was stopped, and scores as on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig

from rnn_sentiment.classifier import Classifier
from rnn_sentiment.configuration import compose, make
from rnn_sentiment.data.tokenizer import load_vocabulary
from rnn_sentiment.errors import Interrupted
from rnn_sentiment.kernels import ways
from rnn_sentiment.lectures.regression import fit_numbers
from rnn_sentiment.outcome import OneOf
from rnn_sentiment.training.build import build_data
from rnn_sentiment.training.rescoring import restore
from rnn_sentiment.training.scoring import predict_test
from tests.cuda.devices import NUMBERS, SYSTEMS, TRAINERS, on_devices
from tests.training.test_resume import assert_same_runs, kill, train

STEPS = 3  # of an epoch
TOLERANCE = 0.02  # of a probability, in half precision

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # of which a device has its own
    pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists"),
]


def configuration(device: str, name: str, corpus: Path, cache: Path, *more: str) -> DictConfig:
    cfg = compose(
        *SYSTEMS[name], f"trainer={TRAINERS[device]}", f"data.path={corpus}",
        f"data.cache={cache}", "data.fingerprint=null", "seed=3", "data.batch_size=50",
        "trainer.max_epochs=2", f"+trainer.limit_train_batches={STEPS}", "logger=none",
        "callbacks.pictures=null", "callbacks.progress_bar=null", *more,
    )  # fmt: skip
    cfg.name = "run"
    return cfg


def probabilities(cfg: DictConfig, folder: Path, device: str) -> np.ndarray:
    """Of the test part, computed on a device with a run's best weights."""
    cfg = cfg.copy()
    cfg.trainer = compose(f"trainer={TRAINERS[device]}").trainer
    if device == "cpu":
        cfg.trainer.precision, cfg.trainer.kernels = "32-true", "stock"
    data = build_data(cfg)
    data.setup()
    best = restore(cfg, folder, len(load_vocabulary(folder / "tokenizer.json")), OneOf(2))
    found: np.ndarray = predict_test(cfg, best, data)["probability"].to_numpy()
    return found


@pytest.mark.parametrize(("device", "name"), on_devices(SYSTEMS, rehearsed=("length120_conv1d",)))
def test_a_system_trains_resumes_and_scores_as_on_the_cpu(
    device, name, corpus, cache, tmp_path, monkeypatch
):
    cfg = configuration(device, name, corpus, cache)
    monkeypatch.setattr(ways, "_chosen", "auto")  # and again afterwards
    with monkeypatch.context() as patched:
        kill(patched, Classifier, "training_step", STEPS + 1)
        with pytest.raises(Interrupted):
            train(cfg, tmp_path / "run")
    results = train(cfg, tmp_path / "run", resume=True)
    expected = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    assert results["device"] == expected
    assert len(results["history"]) == 2
    assert all(np.isfinite(list(row.values())).all() for row in results["history"])
    found = probabilities(cfg, tmp_path / "run", device)
    assert np.abs(found - probabilities(cfg, tmp_path / "run", "cpu")).max() < TOLERANCE


@pytest.mark.parametrize(("device", "name"), on_devices(NUMBERS))
def test_numbers_are_fitted(device, name, tmp_path):
    cfg = compose(
        f"experiment={name}", f"trainer={TRAINERS[device]}", "trainer.max_epochs=20",
        "logger=none", "callbacks.progress_bar=null",
    )  # fmt: skip
    cfg.name, cfg.resume = "run", None
    results = fit_numbers(cfg, tmp_path)
    history = [row["train/loss"] for row in results["history"]]
    assert history[-1] < history[0]
    assert len(results["targets"]) == len(make(cfg, "data").batch.targets)


# nn.LSTM's dropout between its layers would not be reproducible on a GPU; ours is outside of it.
@pytest.mark.parametrize(
    ("device", "name"),
    on_devices(["rnn", "lstm", "gru", "mingru", "lru", "conv1d", "ngrams", "recurrent_dropout"]),
)
def test_the_same_seed_gives_the_same_bits(device, name, corpus, cache, tmp_path):
    cfg = configuration(device, name, corpus, cache)
    assert cfg.trainer.deterministic
    for run in ("one", "two"):
        train(cfg, tmp_path / run)
    assert_same_runs(tmp_path / "one", tmp_path / "two")
