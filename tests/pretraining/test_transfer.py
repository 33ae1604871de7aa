"""A classifier that is started from language models has their weights, vocabulary and shape."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from torch import nn

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.configuration import compose
from rnn_sentiment.data import Splits
from rnn_sentiment.data.stored_tokenizer import load_stored_vocabulary
from rnn_sentiment.errors import UserError
from rnn_sentiment.pretraining.recipe import with_recipe
from rnn_sentiment.pretraining.transfer import transfer, warn_of_splits
from rnn_sentiment.training.build import build_classifier
from rnn_sentiment.types import Batch
from tests.pretraining.runs_of_models import classifier, fine_tune, language_model, pretrain

pytestmark = pytest.mark.slow


def started(
    corpus: Path, cache: Path, *folders: Path, overrides: tuple[str, ...] = ()
) -> Classifier:
    named = ",".join(map(str, folders))
    cfg = classifier(corpus, cache, f"pretrained=[{named}]", *overrides)
    vocabulary = load_stored_vocabulary(folders[0] / "tokenizer.json")
    found = build_classifier(cfg, len(vocabulary))
    transfer(folders, found, vocabulary)
    return found


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = load_checkpoint(folder / "checkpoints" / "best.ckpt")[
        "state_dict"
    ]
    return state


NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


@pytest.mark.parametrize("direction", [0, 1])
def test_one_direction_has_the_weights_of_its_model(direction, pretrained, corpus, cache):
    folder = pretrained[direction]
    found, theirs = started(corpus, cache, folder).state_dict(), weights(folder)
    for name in NAMES:
        own = found[f"encoder.layers.0.0.{name}"]
        assert torch.equal(own, theirs[f"network.layers.0.cell.{name}"])
    table = theirs["network.embedding.table.weight"]
    assert torch.equal(found["embedding.table.weight"], table)


def test_both_directions_are_two_networks_until_the_pooling(pretrained, corpus, cache):
    both = started(corpus, cache, *pretrained).eval()
    each = [started(corpus, cache, folder).eval() for folder in pretrained]
    tokens = torch.randint(2, 50, (3, 9))
    mask = torch.arange(9) < torch.tensor([[9], [4], [1]])
    with torch.no_grad():
        states = both.encoder.layers[0](both.embedding(tokens), mask)
        apart = [one.encoder.layers[0](one.embedding(tokens), mask) for one in each]
        torch.testing.assert_close(states, torch.cat(apart, dim=2))
        pooled = both.encoder.pooling(states, mask)
        parts = [one.encoder.pooling(s, mask) for one, s in zip(each, apart, strict=True)]
    halves = zip(*(part.chunk(3, dim=1) for part in parts), strict=True)
    torch.testing.assert_close(pooled, torch.cat([part for pair in halves for part in pair], dim=1))


def test_ngrams_change_nothing_at_first_and_join_both_directions(pretrained, corpus, cache):
    batch = Batch(torch.randint(2, 50, (3, 9)), torch.tensor([9, 4, 1]), torch.zeros(3))
    torch.manual_seed(0)
    found = started(corpus, cache, *pretrained, overrides=("ngrams=naive_bayes",)).eval()
    plain = started(corpus, cache, *pretrained).eval()
    plain.head = found.head
    ngrams: Any = found.ngrams
    found.ngrams = None
    with torch.no_grad():
        expected = plain(batch)
        for value in (0.0, 1.0):
            found.ngrams = Constant(value, ngrams.output_dim)
            torch.testing.assert_close(found(batch), expected)
        for direction in range(2):
            layer: Any = found.encoder.layers[0]
            layer[direction].weight_ih_l0[:, -ngrams.output_dim :] = 1.0
            assert not torch.allclose(found(batch), expected)
            layer[direction].weight_ih_l0[:, -ngrams.output_dim :] = 0.0


class Constant(nn.Module):
    """In place of n-grams: one value for all."""

    def __init__(self, value: float, output_dim: int) -> None:
        super().__init__()
        self.value, self.output_dim = value, output_dim

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return torch.full((*tokens.shape, self.output_dim), self.value)


def test_a_run_begins_with_the_weights_and_keeps_the_vocabulary(
    pretrained, corpus, cache, tmp_path, monkeypatch
):
    folder, _ = pretrained
    cfg = classifier(corpus, cache, f"pretrained={folder}", "trainer.max_epochs=1")
    fine_tune(cfg, tmp_path / "run")
    found = weights(tmp_path / "run")  # the first epoch trains the head only
    for name in NAMES:
        own = found[f"encoder.layers.0.0.{name}"]
        assert torch.equal(own, weights(folder)[f"network.layers.0.cell.{name}"])
    a, b = (load_stored_vocabulary(f / "tokenizer.json") for f in (folder, tmp_path / "run"))
    assert a == b


def test_texts_that_a_model_may_have_read_are_pointed_out(pretrained, caplog):
    warn_of_splits(pretrained, Splits())
    assert not caplog.records
    warn_of_splits(pretrained[:1], Splits(validation_fraction=0.2))
    assert "trained with data.validation_fraction=0.1" in caplog.text


def test_layers_learn_one_after_the_other(pretrained, corpus, cache, tmp_path, monkeypatch):
    learned: dict[int, set[str]] = {}
    step = Classifier.training_step

    def watched(self, batch, batch_idx):
        learned[self.current_epoch] = {n for n, p in self.named_parameters() if p.requires_grad}
        return step(self, batch, batch_idx)

    monkeypatch.setattr(Classifier, "training_step", watched)
    cfg = classifier(corpus, cache, f"pretrained={pretrained[0]}", "trainer.max_epochs=3")
    fine_tune(cfg, tmp_path / "run")
    layers = {f"encoder.layers.0.0.{name}" for name in NAMES}
    head = {"head.weight", "head.bias"}
    assert learned == {0: head, 1: head | layers, 2: head | layers | {"embedding.table.weight"}}


def test_lower_layers_have_lower_rates(pretrained, corpus, cache):
    found = started(corpus, cache, pretrained[0])
    optimizer = found.optimizer([{"params": stage} for stage in found.stages()])
    found.scheduler(optimizer, total_steps=10)
    rates = [group["lr"] for group in optimizer.param_groups]
    assert rates == pytest.approx([rates[0], rates[0] / 2.6, rates[0] / 2.6**2])
    assert sum(map(len, found.stages())) == len(list(found.parameters()))


def test_what_is_said_goes_before_what_is_brought(pretrained):
    folder, _ = pretrained
    words = with_recipe(["seed=2", f"pretrained={folder}", "model.hidden_size=9", "name=mine"])
    assert words[-1] == f"pretrained=['{folder}']"
    assert not [w for w in words if w.startswith(("model.layers.hidden", "name=p"))]
    assert "embedding.dim=4" in words
    assert with_recipe(words) == words  # as a job of a sweep gets them
    assert with_recipe(["seed=2"]) == ["seed=2"]


def test_a_preset_keeps_its_name_and_its_own_settings(pretrained):
    folder, _ = pretrained
    cfg = compose(*with_recipe(["experiment=best_semi_supervised", f"pretrained={folder}"]))
    assert cfg.name == "best_semi_supervised"
    assert cfg.ngrams._target_.endswith("NaiveBayesNgrams")
    assert cfg.objective._target_.endswith("Adversarial")
    assert cfg.scheduler.decay == 2.6
    assert cfg.callbacks.unfreezing.epochs == 0


def test_a_preset_says_what_it_needs(run):
    done = run("train", "experiment=best_semi_supervised", "data=demo")
    assert done.returncode == 2
    assert "pretrained=: give one folder" in done.stderr
    assert "fingerprint" not in done.stderr  # the corpus was not read for this


def test_what_does_not_fit_is_refused(pretrained, corpus, cache, tmp_path):
    forward, backward = pretrained
    with pytest.raises(UserError, match="read backward and forward; give a forward model, then"):
        with_recipe([f"pretrained=[{backward},{forward}]"])
    with pytest.raises(UserError, match="is not a run folder"):
        with_recipe([f"pretrained={tmp_path}"])
    with pytest.raises(UserError, match="give one folder of"):
        with_recipe(["pretrained=[]"])
    with pytest.raises(UserError, match="the classifier's layers differ"):
        started(corpus, cache, forward, overrides=("model.hidden_size=7",))
    other = pretrain(
        language_model(corpus, cache, "tokenizer.vocabulary_size=50", "trainer.max_epochs=1",
                       "direction=backward"), tmp_path / "other",
    )  # fmt: skip
    assert other["data"]["vocabulary_size"] == 50
    with pytest.raises(UserError, match="give models that share a vocabulary"):
        started(corpus, cache, forward, tmp_path / "other")
    wider = Path(shutil.copytree(forward, tmp_path / "wider"))
    cfg = OmegaConf.load(wider / ".hydra" / "config.yaml")
    cfg.model.layers.hidden_size = 5
    OmegaConf.save(cfg, wider / ".hydra" / "config.yaml")
    (wider / "manifest.json").unlink()
    with pytest.raises(UserError, match=r"hidden_size is 5 forward and 6 backward"):
        with_recipe([f"pretrained=[{wider},{backward}]"])
