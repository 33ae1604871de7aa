"""What is shown of a classifier's inside is what goes on there."""

from __future__ import annotations

import json
from functools import partial

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.testing import assert_close

from rnn_sentiment.classifier import Classifier
from rnn_sentiment.embeddings import RandomEmbedding
from rnn_sentiment.encoders import Encoder, MaxPooling, RecurrentLayer
from rnn_sentiment.training.probes import activations, gradient_flow
from rnn_sentiment.types import Batch, make_mask
from tests.conftest import TINY, Command


def classifier(cell: str, **more: object) -> Classifier:
    torch.manual_seed(3)
    embedding = RandomEmbedding(vocabulary_size=20, dim=4, dropout=0.5, word_dropout=0.2)
    settings = {"hidden_size": 6, "dropout": 0.5, **more}
    num_layers = settings.pop("num_layers", 1)
    encoder = Encoder(
        4, partial(RecurrentLayer, cell=cell, **settings), "last", num_layers=num_layers
    )
    return Classifier(
        embedding, None, encoder, torch.optim.SGD, torch.optim.lr_scheduler.ConstantLR
    )


def batch(*lengths: int) -> Batch:
    random = torch.Generator().manual_seed(4)
    sizes = torch.tensor(lengths)
    tokens = torch.randint(1, 20, (len(lengths), max(lengths)), generator=random)
    tokens = tokens.masked_fill(~make_mask(sizes, tokens.shape[1]), 0)
    return Batch(tokens, sizes, torch.arange(len(lengths)) % 2)


def test_gradient_flow_is_the_mean_over_rows_by_distance_from_the_end():
    model, both = classifier("rnn"), batch(5, 3)
    flows = [
        gradient_flow(model, Batch(both.tokens[i : i + 1, :n], both.lengths[i : i + 1],
                                   both.labels[i : i + 1]))
        for i, n in enumerate((5, 3))
    ]  # fmt: skip
    expected = flows[0].clone()
    expected[:3] = (flows[0][:3] + flows[1]) / 2
    assert_close(gradient_flow(model, both), expected)


def test_a_layer_behind_a_max_pooling_is_watched_at_its_own_steps():
    layers = [
        partial(MaxPooling, size=2),
        partial(RecurrentLayer, cell="lstm", hidden_size=6),
    ]
    model = classifier("lstm")
    model.encoder = Encoder(input_dim=4, layers=layers, pooling="last")
    assert len(activations(model, batch(5, 2))["lstm_0/state"]) == (3 + 1) * 6
    assert len(gradient_flow(model, batch(5, 2))) == 5


def test_gradient_flow_is_the_derivative_of_the_loss():
    model, one = classifier("lstm"), batch(4)
    model.eval()
    embedded = model.embedding(one.tokens)

    def loss(embedded: torch.Tensor) -> torch.Tensor:
        logit = model.head(model.encoder(embedded, one.mask))[0, 0]
        return torch.nn.functional.softplus(logit)  # of label 0

    gradient = torch.autograd.functional.jacobian(loss, embedded)[0]  # (T, E)
    assert_close(gradient_flow(model, one), gradient.norm(dim=1).flip(0))


@pytest.mark.parametrize("look", [gradient_flow, activations])
def test_looking_changes_nothing(look):
    model = classifier("gru").train()
    before = torch.get_rng_state()
    look(model, batch(6, 2))
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), before)
    first = look(model, batch(6, 2))
    assert_close(look(model, batch(6, 2)), first)


def test_gates_follow_from_their_weights():
    model = classifier("lstm")
    layer = next(m for m in model.encoder.modules() if isinstance(m, torch.nn.LSTM))
    for parameter in layer.parameters():
        torch.nn.init.zeros_(parameter)
    with torch.no_grad():
        layer.bias_hh_l0[6:12] = 2.0
    found = activations(model, batch(5, 3))
    assert set(found) == {"lstm_0/input_gate", "lstm_0/forget_gate", "lstm_0/output_gate",
                          "lstm_0/state"}  # fmt: skip
    assert_close(found["lstm_0/forget_gate"], torch.full((8 * 6,), 2.0).sigmoid())
    assert_close(found["lstm_0/input_gate"], torch.full((8 * 6,), 0.5))


def test_states_follow_from_the_gates_of_a_gru():
    model, one = classifier("gru"), batch(1)
    layer = next(m for m in model.encoder.modules() if isinstance(m, torch.nn.GRU))
    found = activations(model, one)
    with torch.no_grad():
        embedded = model.embedding.table(one.tokens)[0, 0]
        new = layer.weight_ih_l0[12:] @ embedded + layer.bias_ih_l0[12:]
        new = new + found["gru_0/reset_gate"] * layer.bias_hh_l0[12:]
        expected = (1 - found["gru_0/update_gate"]) * new.tanh()
    assert_close(found["gru_0/state"], expected)


def test_every_layer_and_direction_is_shown():
    found = activations(classifier("rnn", num_layers=2, bidirectional=True), batch(4))
    assert set(found) == {f"rnn_{i}/state" for i in range(4)}


@pytest.mark.slow
def test_a_run_shows_its_inside(run: Command, tmp_path):
    tiny = [override for override in TINY if override != "callbacks.pictures=null"]
    done = run("train", "model=lstm", "data=demo", *tiny, "data.demo_sizes=[200,50]",
               "hydra.run.dir=here")  # fmt: skip
    assert done.returncode == 0, done.stderr
    flow = json.loads((tmp_path / "here" / "gradient_flow.json").read_text())
    assert flow["epochs"] == [0, 1, 2]
    assert [len(norm) for norm in flow["norm"]] == 3 * [len(flow["distance"])]
    events = EventAccumulator(str(tmp_path / "here" / "tensorboard"), size_guidance={"images": 0})
    events.Reload()
    tags = events.Tags()
    assert "lstm_0/forget_gate" in tags["histograms"]
    assert "gradient_flow" in tags["images"]
    shown = {tag.removesuffix("/text_summary") for tag in tags["tensors"]}
    assert {"configuration", "misclassified", "precision_recall"} <= shown
    assert list((tmp_path / "here" / "tensorboard").rglob("metadata.tsv"))
