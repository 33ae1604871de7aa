"""What a language model reads: train and unlabelled texts, and nothing that is held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_sentiment.configuration import compose
from rnn_sentiment.data.tokenizer import load_tokenizer
from rnn_sentiment.pretraining import StreamDataModule
from rnn_sentiment.training.build import build_data
from tests.embeddings.test_word2vec import OWN, texts_of

pytestmark = pytest.mark.slow


def make(folder: Path, cache: Path, *overrides: str) -> StreamDataModule:
    cfg = compose(
        f"data.path={folder}", f"data.cache={cache}", "data.fingerprint=null", *overrides,
        name="pretrain",
    )  # fmt: skip
    data = build_data(cfg)
    data.setup()
    assert isinstance(data, StreamDataModule)
    return data


def words(data: StreamDataModule) -> list[str]:
    names = np.array(data.vocabulary, dtype=object)
    texts = data.train_texts
    return [" ".join(names[texts[row]]) for row in range(len(texts.lengths))]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_texts_of_validation_and_test_are_absent(direction, corpus, tmp_path):
    further = tmp_path / "further"
    (further / "more").mkdir(parents=True)
    (further / "own.txt").write_text(OWN)
    every = [*texts_of(corpus, "train"), *texts_of(corpus, "test")]
    for number, text in enumerate(every):
        (further / "more" / f"{number}.txt").write_text(text)
    data = make(corpus, tmp_path, f"data.unlabelled={further}", f"direction={direction}")
    assert data.store is not None
    tokenizer = load_tokenizer(data.store.tokenizer_file)

    def seen(text: str) -> str:
        read = tokenizer.encode(text).tokens
        return " ".join(read if direction == "forward" else read[::-1])

    train = texts_of(corpus, "train")
    kept = [seen(train[row]) for row in data.train_set.rows]
    held_out = {seen(train[row]) for row in data.validation_set.rows}
    held_out |= set(map(seen, texts_of(corpus, "test")))
    assert sorted(words(data)) == sorted([*kept, *kept, seen(OWN)])
    assert not held_out & set(words(data))


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("texts.csv", "id,text\n1,a wonderful zyzzyva\n"),
        ("texts.jsonl", '{"text": "a wonderful zyzzyva"}\n'),
        ("a/b.txt", "a wonderful zyzzyva"),
    ],
)
def test_unlabelled_texts_are_read_in_any_format(name, contents, corpus, tmp_path):
    file = tmp_path / "further" / name
    file.parent.mkdir(parents=True)
    file.write_text(contents)
    data = make(corpus, tmp_path, f"data.unlabelled={tmp_path}/further")
    assert "a wonderful zyzzyva" in words(data)
    assert "zyzzyva" in data.vocabulary


def test_small_corpora_get_fewer_streams(corpus, tmp_path):
    data = make(corpus, tmp_path, "data.num_steps=16")
    assert 1 < data.num_streams < 96
    assert len(data.train_dataloader()) >= 100
    assert data.describe()["streams"] == data.num_streams
    assert make(corpus, tmp_path, "data.num_steps=1", "data.batch_size=3").num_streams == 3
