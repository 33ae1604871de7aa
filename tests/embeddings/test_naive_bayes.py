"""Naive Bayes' ratios: those of the formula, and in training never a text's own."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from rnn_sentiment.data.batches import pad
from rnn_sentiment.embeddings import NaiveBayesNgrams
from rnn_sentiment.outcome import AnyOf, OneOf
from rnn_sentiment.types import Batch

SIZES = [1, 2]
FOLDS = 3


def make(num_classes: int = 2, **options: Any) -> NaiveBayesNgrams:
    settings = {"min_texts": 1, "max_ngrams": 500, "folds": FOLDS, "smoothing": 1.0} | options
    return NaiveBayesNgrams(outcome=OneOf(num_classes), sizes=SIZES, **settings)


def corpus(num_classes: int = 2, num_texts: int = 40) -> tuple[list[np.ndarray], np.ndarray]:
    random = np.random.default_rng(1)
    texts = [random.integers(1, 8, random.integers(1, 9)) for _ in range(num_texts)]
    return texts, random.integers(0, num_classes, num_texts)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the cache of `data` is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "ngrams"


def data(texts: list[np.ndarray], labels: np.ndarray) -> Any:
    """What ratios are counted in: a corpus in batches of 7."""
    batches = [pad(texts[i : i + 7], labels[i : i + 7]) for i in range(0, len(texts), 7)]
    return SimpleNamespace(train_batches=lambda: batches, cache=Path.cwd())


def initialised(texts: list[np.ndarray], labels: np.ndarray, **options: Any) -> NaiveBayesNgrams:
    ngrams = make(int(labels.max()) + 1, **options)
    ngrams.initialise(data(texts, labels))
    return ngrams


def ngrams_of(text: np.ndarray) -> set[tuple[int, ...]]:
    return {*((int(a),) for a in text), *((int(a), int(b)) for a, b in pairwise(text))}


def expected(texts: list[np.ndarray], labels: np.ndarray, label: int) -> dict[Any, float]:
    """The formula, n-gram by n-gram."""
    every = {gram for text in corpus(int(max(labels)) + 1)[0] for gram in ngrams_of(text)}
    p, q = Counter(), Counter()
    for text, its in zip(texts, labels, strict=True):
        (p if its == label else q).update(ngrams_of(text))
    all_p, all_q = (sum(count[gram] + 1 for gram in every) for count in (p, q))
    return {
        gram: float(np.log((p[gram] + 1) / all_p) - np.log((q[gram] + 1) / all_q)) for gram in every
    }


def test_ratios_are_those_of_the_formula():
    texts, labels = corpus()
    ngrams = initialised(texts, labels).eval()
    ratios = expected(texts, labels, 1)
    found = ngrams(torch.from_numpy(texts[3])[None])[0]
    for at, word in enumerate(texts[3]):
        assert found[at, 0].item() == pytest.approx(ratios[int(word),], abs=2e-3)
    for at, (a, b) in enumerate(pairwise(texts[3])):
        assert found[at, 1].item() == pytest.approx(ratios[int(a), int(b)], abs=2e-3)
    assert found[-1, 1] == 0  # no bigram begins at the end


def test_several_classes_have_a_ratio_each():
    texts, labels = corpus(num_classes=3)
    ngrams = initialised(texts, labels).eval()
    found = ngrams(torch.from_numpy(texts[0])[None])[0]
    assert found.shape == (len(texts[0]), len(SIZES) * 3)
    for label in range(3):
        ratio = expected(texts, labels, label)[int(texts[0][0]),]
        assert found[0, label].item() == pytest.approx(ratio, abs=2e-3)


def test_each_label_of_several_has_the_ratio_of_having_it_or_not():
    texts, labels = corpus(num_classes=8)  # three labels, a bit each
    ngrams = NaiveBayesNgrams(AnyOf(3), SIZES, min_texts=1, max_ngrams=500, folds=3, smoothing=1)
    ngrams.initialise(data(texts, labels))
    found = ngrams.eval()(torch.from_numpy(texts[0])[None])[0]
    assert found.shape == (len(texts[0]), len(SIZES) * 3)
    for label in range(3):
        ratio = expected(texts, labels >> label & 1, 1)[int(texts[0][0]),]
        assert found[0, label].item() == pytest.approx(ratio, abs=2e-3)


def test_in_training_a_text_reads_what_the_other_folds_say():
    texts, labels = corpus()
    ngrams = initialised(texts, labels).train()
    folds = [int(ngrams.fold_of(torch.from_numpy(text)[None])) for text in texts]
    assert set(folds) == set(range(FOLDS))
    own = [i for i, fold in enumerate(folds) if fold == folds[0]]
    others = [i for i in range(len(texts)) if i not in own]
    ratios = expected([texts[i] for i in others], labels[others], 1)
    found = ngrams(torch.from_numpy(texts[0])[None])[0]
    for at, word in enumerate(texts[0]):
        assert found[at, 0].item() == pytest.approx(ratios[int(word),], abs=2e-3)
    # So that a text's own label leaves no trace.
    labels[0] = 1 - labels[0]
    changed = initialised(texts, labels).train()
    assert torch.equal(changed(torch.from_numpy(texts[0])[None])[0], found)


def test_padding_and_other_rows_change_nothing():
    texts, labels = corpus()
    ngrams = initialised(texts, labels).train()
    tokens = pad(texts[:9], labels[:9]).tokens
    found = ngrams(tokens)
    assert_close(ngrams(F.pad(tokens, (0, 5)))[:, : tokens.shape[1]], found)
    for row, text in enumerate(texts[:9]):
        assert_close(ngrams(torch.from_numpy(text)[None])[0], found[row, : len(text)])
        assert not found[row, len(text) :].any()


def test_rare_ngrams_and_those_beyond_the_most_are_left_out():
    texts, labels = corpus()
    texts.append(np.array([99, 98]))
    labels = np.append(labels, 1)
    unseen = torch.tensor([[99, 98]])
    assert initialised(texts, labels).eval()(unseen).any()
    assert not initialised(texts, labels, min_texts=2).eval()(unseen).any()
    few = initialised(texts, labels, max_ngrams=3).eval()
    assert len(few.hashes) == 3
    common = Counter(gram for text in texts for gram in ngrams_of(text)).most_common(1)[0][0]
    assert few(torch.tensor([common]))[0, 0].any()


def test_the_ratios_travel_with_the_weights():
    texts, labels = corpus()
    ngrams, again = initialised(texts, labels).eval(), make().eval()
    again.load_state_dict(ngrams.state_dict())
    batch = Batch(*pad(texts[:3], labels[:3]))
    assert torch.equal(again(batch.tokens), ngrams(batch.tokens))


def never(*given: Any) -> None:
    raise AssertionError("counted again")


def test_what_was_counted_once_is_read_from_the_cache(monkeypatch):
    texts, labels = corpus()
    counted, read = make(), make()
    facts = counted.initialise(data(texts, labels))
    monkeypatch.setattr(NaiveBayesNgrams, "_count_all", never)
    assert read.initialise(data(texts, labels)) == facts
    assert all(torch.equal(a, b) for a, b in zip(counted.buffers(), read.buffers(), strict=True))


@pytest.mark.parametrize(
    "options", [{"min_texts": 2}, {"max_ngrams": 20}, {"folds": 2}, {"smoothing": 0.5}]
)
def test_other_settings_are_counted_by_themselves(options, folder):
    texts, labels = corpus()
    initialised(texts, labels)
    initialised(texts, labels, **options)
    assert len(list(folder.glob("*.npz"))) == 2


def test_other_texts_and_labels_are_counted_by_themselves(folder):
    texts, labels = corpus()
    initialised(texts, labels)
    initialised([*texts[:-1], texts[-1] + 1], labels)
    initialised(texts, 1 - labels)
    initialised(texts[:-1], labels[:-1])
    assert len(list(folder.glob("*.npz"))) == 4


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_damaged_ratios_are_counted_again(place, folder):
    texts, labels = corpus()
    whole = initialised(texts, labels)
    (file,) = folder.glob("*.npz")
    contents = bytearray(file.read_bytes())
    contents[int(place * len(contents))] ^= 1
    file.write_bytes(contents)
    again = initialised(texts, labels)
    assert all(torch.equal(a, b) for a, b in zip(whole.buffers(), again.buffers(), strict=True))
