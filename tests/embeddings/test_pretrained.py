"""Tables that begin with given vectors: their contents, their freezing, and their restoring."""

from __future__ import annotations

import math
import ssl
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from rnn_sentiment.data import ReviewDataModule, WordTokenizer
from rnn_sentiment.embeddings import GloveEmbedding
from rnn_sentiment.embeddings.vectors.lookup import as_torchtext
from rnn_sentiment.embeddings.vectors.reader import VectorTable
from rnn_sentiment.errors import UserError
from tests.data.modules import make_data

OPTIONS: dict[str, Any] = {
    "name": "6B.50d",
    "vectors_dim": None,
    "dim": None,
    "frozen_epochs": 0,
    "dropout": 0.0,
    "word_dropout": 0.0,
}


@pytest.fixture(scope="module")
def data(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> ReviewDataModule:
    return make_data(corpus, tmp_path_factory.mktemp("cache"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Vectors of three sizes of numbers, for three words that the corpus has and one that not."""
    found = tmp_path / "vectors.3d.txt"
    found.write_text("the 1 10 100\na 2 20 200\nscene 6 60 600\nqwertz 1e9 1e9 1e9\n")
    return found


def embedding(path: Path, vocabulary_size: int = 500, **options: Any) -> GloveEmbedding:
    return GloveEmbedding(vocabulary_size, path=str(path), **{**OPTIONS, **options})


def test_words_get_their_vectors_and_padding_none(data, file, caplog):
    made = embedding(file)
    assert made.output_dim == 3
    facts = made.initialise(data, seed=1)
    words = data.vocabulary
    table = made.table.weight.detach()
    assert table[words.index("scene")].tolist() == [6, 60, 600]
    assert table[0].tolist() == [0, 0, 0]
    assert facts["coverage"]["types"] == pytest.approx(3 / 499)
    tokens = np.concatenate(list(data.tokens(data.train_set)))
    known = np.isin(tokens, [words.index(word) for word in ("the", "a", "scene")])
    assert facts["coverage"]["tokens"] == pytest.approx(known.mean())
    assert f"only {100 * known.mean():.0f} % of the training texts' tokens have a vector" in (
        caplog.text
    )


def test_a_stream_gives_the_same_table_and_coverage(data, corpus, file):
    stream = make_data(corpus, data.cache, streaming=True)
    pairs = zip(data.tokens(data.train_set), stream.tokens(stream.train_set), strict=True)
    assert all(np.array_equal(stored, streamed) for stored, streamed in pairs)
    tables, facts = [], []
    for source in (data, stream):
        made = embedding(file)
        facts.append(made.initialise(source, seed=1))
        tables.append(made.table.weight)
    assert torch.equal(*tables)
    assert facts[0] == facts[1]


def test_missing_words_are_drawn_from_mean_and_spread_of_the_found(data, file):
    made = embedding(file)
    made.initialise(data, seed=1)
    known = [data.vocabulary.index(word) for word in ("<pad>", "the", "a", "scene")]
    drawn = np.delete(made.table.weight.detach().numpy(), known, axis=0)
    # 496 draws around a mean of 3 with a spread of 2.16, times 1, 10 and 100
    np.testing.assert_allclose(drawn.mean(0), [3, 30, 300], rtol=0.15)
    np.testing.assert_allclose(drawn.std(0), np.std([1, 2, 6]) * np.array([1, 10, 100]), rtol=0.15)


def test_the_seed_decides_the_draws(data, file):
    tables = []
    for seed in (1, 1, 2):
        made = embedding(file)
        made.initialise(data, seed)
        tables.append(made.table.weight.detach())
    assert torch.equal(tables[0], tables[1])
    assert not torch.equal(tables[0], tables[2])


def test_a_word_without_a_vector_takes_that_of_its_lower_case(corpus, tmp_path, file):
    data = make_data(corpus, tmp_path, WordTokenizer(500, lowercase=False))
    assert {"The", "the"} <= set(data.vocabulary)
    made = embedding(file)
    facts = made.initialise(data, seed=1)
    assert made.table.weight[data.vocabulary.index("The")].tolist() == [1, 10, 100]
    assert facts["coverage"]["types"] > 3 / 499


@pytest.mark.fault("b30")
def test_no_word_in_common_is_an_error(data, tmp_path):
    file = tmp_path / "german.2d.txt"
    file.write_text("langweilig 1 2\n<pad> 1 2\n")
    with pytest.raises(UserError, match="no vector for any of the 500 words"):
        embedding(file).initialise(data, seed=1)


def test_vectors_of_another_size_are_projected_and_padding_stays_zero(data, file):
    made = embedding(file, dim=5).eval()
    made.initialise(data, seed=1)
    tokens = torch.tensor([[5, 7, 0, 0], [1, 2, 3, 0]])
    embedded = made(tokens)
    assert embedded.shape == (2, 4, made.output_dim) == (2, 4, 5)
    assert embedded[tokens == 0].abs().max() == 0
    assert_close(embedded, made.table(tokens) @ made.projection.weight.T)
    assert embedding(file, dim=3).eval()(tokens).shape == (2, 4, 3)


def test_a_table_is_restored_without_its_vectors(data, file, tmp_path):
    made = embedding(file, dim=5)
    made.initialise(data, seed=1)
    restored = embedding(tmp_path / "gone.3d.txt", dim=5)
    restored.load_state_dict(made.state_dict())
    assert torch.equal(restored.table.weight, made.table.weight)


@pytest.mark.parametrize(
    ("name", "dim"),
    [
        ("glove.6B.50d.head.txt", 50),
        ("glove.840B.300d.zip", 300),
        ("25d.txt.gz", 25),
        ("my_100d_vectors.txt", 100),
    ],
)
def test_the_size_is_read_off_the_name(name, dim):
    assert embedding(Path("some200d") / name).output_dim == dim


def test_the_size_must_be_known(file):
    with pytest.raises(ValueError, match=r"set embedding\.vectors_dim"):
        embedding(Path("vectors.txt"))
    assert embedding(Path("vectors.txt"), vectors_dim=7).output_dim == 7
    assert GloveEmbedding(9, path=None, **OPTIONS).output_dim == 50


def test_a_wrong_size_names_file_line_and_sizes(data, file):
    with pytest.raises(UserError, match=r"vectors\.3d\.txt line 1: 3 numbers, expected 4"):
        embedding(file, vectors_dim=4).initialise(data, seed=1)


def test_frozen_for_good_is_no_parameter_to_train():
    made = embedding(Path("x.3d.txt"), frozen_epochs="all", dim=5)
    assert made.frozen_epochs == math.inf
    assert [n for n, p in made.named_parameters() if p.requires_grad] == ["projection.weight"]


TABLE = VectorTable(["the", "a b"], np.array([[1, 2], [3, 4]], np.float32), {})


def test_torchtext_answers_and_leaves_certificate_checks_on(capfd):
    secure = ssl._create_default_https_context
    assert secure is not ssl._create_unverified_context
    vectors = as_torchtext(TABLE, lambda empty: torch.full(empty.shape, 7.0))
    assert ssl._create_default_https_context is secure
    found = vectors.get_vecs_by_tokens(["the", "THE", "a b", "x"], lower_case_backup=True)
    assert found.tolist() == [[1, 2], [1, 2], [3, 4], [7, 7]]
    assert capfd.readouterr() == ("", "")


def test_certificate_checks_stay_on_when_torchtext_fails(monkeypatch):
    secure = ssl._create_default_https_context
    monkeypatch.setattr(torch, "load", lambda path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        as_torchtext(TABLE, torch.Tensor.zero_)
    assert ssl._create_default_https_context is secure
