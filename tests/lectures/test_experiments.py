"""Every experiment is what its lecture prints, and trains."""

from __future__ import annotations

import json

import pytest
import torch
import yaml
from torch import nn

from benchmarks.lectures.sweeps import RUNS
from rnn_sentiment.configuration import CONF
from rnn_sentiment.lectures.claims import load_claims
from rnn_sentiment.lectures.references import load_references
from rnn_sentiment.lectures.regression import build_regressor
from rnn_sentiment.training.build import build_classifier
from rnn_sentiment.training.parameters import num_as_in_keras, num_trainable
from tests.conftest import Command
from tests.test_configuration import SHARED, compose

pytestmark = pytest.mark.slow

FILES = sorted(file.stem for file in (CONF / "experiment").glob("*.yaml"))
PRESETS = ["best_quick", "best_semi_supervised", "best_supervised"]  # of no lecture
EXPERIMENTS = [name for name in FILES if name not in PRESETS]
ON_TEXT = [name for name in EXPERIMENTS if not name.startswith("weather")]
EVERY_DAY = {
    "capstone_gru", "conv_recurrent", "length120_flatten", "numbers_rnn", "subword_bilstm2",
}  # fmt: skip
REFERENCES = load_references()


@pytest.mark.parametrize("name", FILES)
def test_an_experiment_states_its_command_and_its_name(name):
    package, command, *_ = (CONF / "experiment" / f"{name}.yaml").read_text().splitlines()
    assert package == "# @package _global_"  # Hydra reads it from the first line only
    assert f"{command} ".startswith(f"# python -m rnn_sentiment.train experiment={name} ")
    assert compose(f"experiment={name}").name == name


def test_what_experiments_share_is_shared():
    files = [*(CONF / "experiment").rglob("*.yaml")]
    text = "".join(file.read_text() for file in files)
    for shared in (file for file in SHARED if file.startswith("experiment/")):
        name = shared.rpartition("/")[2]
        assert f"- base/{name}\n" in text or f"- {name}\n" in text


def test_every_experiment_has_the_figures_that_its_lecture_prints():
    assert [*REFERENCES] == EXPERIMENTS
    figures = {
        "source", "parameters", "embedding_parameters", "seconds_per_epoch", "test_accuracy",
        "test_accuracy_below", "train_accuracy", "train_loss", "validation_accuracy",
        "validation_loss", "predictions",
    }  # fmt: skip
    for reference in REFERENCES.values():
        assert reference["source"] in ("000", "001", "002", "003", "004")
        assert set(reference) <= figures


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_parameters_are_those_that_the_lecture_prints(name):
    cfg = compose(f"experiment={name}")
    if name in ON_TEXT:
        model = build_classifier(cfg, cfg.tokenizer.vocabulary_size)
    else:
        model = build_regressor(cfg, num_features=3)
    counted = num_as_in_keras(model)
    assert counted <= num_trainable(model)
    assert counted == REFERENCES[name].get("parameters", counted)
    if "embedding_parameters" in REFERENCES[name]:
        assert num_as_in_keras(model.embedding) == REFERENCES[name]["embedding_parameters"]


@pytest.mark.parametrize(
    ("layer", "in_torch", "in_keras"),
    [
        (nn.RNN(3, 2), 14, 12),  # the weather lecture: n_h (n_h + n_x + 1)
        (nn.LSTM(3, 2), 56, 48),  # the same lecture's next model
        (nn.LSTM(64, 64, bidirectional=True), 66_560, 66_048),  # the subword lecture
        (nn.LSTM(128, 32, bidirectional=True), 41_472, 41_216),  # its second layer
        (nn.GRU(3, 2), 42, 42),  # 3 (n_h (n_h + n_x) + 2 n_h): Keras has both biases here
        (nn.Conv1d(16, 128, 5), 10_368, 10_368),
    ],
    ids=repr,
)
def test_a_layer_counts_as_in_keras(layer, in_torch, in_keras):
    assert num_trainable(layer) == in_torch
    assert num_as_in_keras(layer) == in_keras


def test_the_command_line_wins_over_an_experiment():
    cfg = compose("experiment=small_lstm", "embedding.dim=7", "model=gru", "data=lectures")
    assert cfg.embedding.dim == 7
    assert cfg.model.layers.cell == "gru"
    assert cfg.model.layers.hidden_size == 64  # what was not given stays the experiment's
    assert (cfg.data.reading.max_length, cfg.data.reading.masked) == (500, False)
    assert cfg.data.splits.validate_on == "test"


def test_a_number_embedding_scales_ids_to_the_unit_interval():
    from rnn_sentiment.embeddings import NumberEmbedding

    embedding = NumberEmbedding(11, dropout=0, word_dropout=0)
    assert embedding(torch.tensor([[1, 10, 0]])).tolist() == [[[pytest.approx(0.1)], [1.0], [0.0]]]
    assert not list(embedding.parameters())


@pytest.mark.battery
def test_every_run_that_a_claim_needs_can_be_made():
    for name, overrides in RUNS.items():
        words = [word for word in overrides.split() if not word.startswith("seed=")]
        assert compose(*words, f"name='{name}'").name == name
    sweep = yaml.safe_load((CONF / "sweep" / "shootout.yaml").read_text())
    architectures = sweep["hydra"]["sweeper"]["params"]["experiment"].replace(" ", "").split(",")
    needed = {name for claim in load_claims() for test in claim.tests for name in test.needs}
    assert needed <= {*RUNS, *architectures}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in EVERY_DAY else pytest.mark.battery) for n in ON_TEXT],
)
def test_an_experiment_trains(name, run: Command, tmp_path):
    done = run(
        "train", f"experiment={name}", "data.source=demo", "data.demo_sizes=[120,60]",
        "data.max_length=20", "trainer.max_epochs=1", "trainer.precision=32-true",
        "callbacks.pictures=null", "hydra.run.dir=run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["status"] == "completed"
    assert results["model"]["name"] == name
    assert results["parameters_as_in_keras"] <= results["parameters"]


def test_the_lectures_protocol_can_be_followed_with_a_warning(run: Command, tmp_path):
    done = run(
        "train", "experiment=length120_flatten", "data=lectures", "data.source=demo",
        "data.demo_sizes=[120,60]", "trainer.max_epochs=2", "trainer.precision=32-true",
        "hydra.run.dir=run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "data.validate_on=test: the test part chooses the best epoch" in done.stdout
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["data"]["validated_on"] == "test"
    assert results["validation"]["accuracy"] == pytest.approx(results["test"]["accuracy"])
    predicted = run("predict", "run=run", "A fine film.")
    assert predicted.returncode == 0, predicted.stderr
    scored = run("evaluate", "run=run")
    assert "identical to results.json" in scored.stdout, scored.stderr
