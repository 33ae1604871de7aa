"""The demo corpus keeps its promises: reproducible, shaped like IMDB, and decided by word order."""

import re
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from itertools import islice

import pyarrow.parquet as pq
import pytest
import torch
from torch.nn import functional as F

from rnn_sentiment.data.sources import demo_reviews as demo

pytestmark = pytest.mark.slow

POLARITY = {word: label for label, words in demo.OPINIONS.items() for word in words}


def words_of(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.replace("<br />", " ").lower())


@pytest.fixture(scope="module")
def train() -> list[demo.Review]:
    return list(demo.generate(3000, seed=0))


@pytest.fixture(scope="module")
def held_out() -> list[demo.Review]:
    return list(demo.generate(1500, seed=1))


def accuracy(predicted: Sequence[int], reviews: Sequence[demo.Review]) -> float:
    hits = sum(label == review.label for label, review in zip(predicted, reviews, strict=True))
    return hits / len(reviews)


# Reproducible


def test_the_same_seed_gives_the_same_reviews():
    assert list(demo.reviews(50, seed=3)) == list(demo.reviews(50, seed=3))
    assert list(demo.reviews(50, seed=3)) != list(demo.reviews(50, seed=4))


def test_reviews_are_generated_reviews_without_their_background():
    assert list(demo.reviews(20, 5)) == [(r.text, r.label) for r in demo.generate(20, 5)]


def test_a_larger_corpus_begins_each_class_with_the_smaller_one():
    small, large = list(demo.reviews(20, seed=0)), list(demo.reviews(60, seed=0))
    assert large[:10] == small[:10]
    assert large[30:40] == small[10:]


def test_a_million_reviews_stream_in_constant_memory():
    stream = demo.reviews(1_000_000, seed=0)
    next(stream)
    tracemalloc.start()
    assert all(label == 0 for _, label in islice(stream, 300))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000  # bytes; 300 reviews together are about as much


@pytest.mark.parametrize("num_reviews", [0, 1, 2, 7, 100])
def test_labels_are_sorted_and_balanced(num_reviews):
    labels = [label for _, label in demo.reviews(num_reviews, seed=0)]
    assert len(labels) == num_reviews
    assert labels == sorted(labels)
    assert labels.count(0) - labels.count(1) in (0, 1)


# Shaped like IMDB


def test_lengths_follow_imdb(train):
    lengths = torch.tensor([float(len(words_of(review.text))) for review in train])
    median, nine_tenths = lengths.quantile(torch.tensor([0.5, 0.9])).tolist()
    assert median == pytest.approx(178, rel=0.08)
    assert nine_tenths == pytest.approx(467, rel=0.08)
    assert lengths.min() >= 10
    assert lengths.max() > 1000


def test_a_few_per_cent_of_labels_are_flipped(train):
    flipped = sum(review.label != review.true_label for review in train) / len(train)
    assert flipped == pytest.approx(demo.FLIPPED_SHARE, abs=0.012)


def test_names_give_the_vocabulary_a_long_tail(train):
    """Each review adds about one name of its own, so that 25,000 have tens of thousands."""
    counts = Counter(word for review in train for word in set(words_of(review.text)))
    rare = sum(count <= 2 for count in counts.values())
    assert len(counts) > 1.5 * len(train)
    assert rare > 0.5 * len(counts)


def test_texts_look_like_the_wild(train):
    texts = [review.text for review in train]
    assert 0.3 < sum("<br /><br />" in text for text in texts) / len(texts) < 0.95
    assert any("BRILLIANT" in text for text in texts)
    assert all(text[0].isupper() or text[0] == '"' for text in texts)
    assert all(text[-1] in ".!?" for text in texts)
    assert not any("{" in text or "  " in text for text in texts)
    assert len(set(texts)) == len(texts)


# Decided by word order


def test_positive_and_negative_words_are_nearly_balanced(train):
    counts = {0: Counter(), 1: Counter()}
    for review in train:
        opinions = [word for word in words_of(review.text) if word in POLARITY]
        counts[review.true_label].update(POLARITY[word] for word in opinions)
    for label, polarities in counts.items():
        assert 0.55 < polarities[label] / polarities.total() < 0.75


def test_nothing_but_opinion_words_depends_on_the_label(train):
    """Denials, contrasts and answers occur as often in both classes: no short cut for a bag."""
    cues = {"never", "hardly", "however", "but", "although", "disagree", "could", "false", "true"}
    counts = {0: Counter(), 1: Counter()}
    for review in train:
        counts[review.true_label].update(cues.intersection(words_of(review.text)))
    for cue in cues:
        assert counts[0][cue] > 50
        assert counts[0][cue] == pytest.approx(counts[1][cue], rel=0.35)


def test_distance_counts_the_words_after_the_last_verdict(held_out):
    for review in held_out:
        words = words_of(review.text)
        after = words[len(words) - review.distance :]
        assert not POLARITY.keys() & set(after)
        before = words[: len(words) - review.distance]
        # A verdict ends with its opinion word, or with at most ten words of an answer to it.
        assert POLARITY.keys() & set(before[-11:])


def test_distances_range_from_none_to_hundreds(train):
    distances = [review.distance for review in train]
    assert sum(distance == 0 for distance in distances) > 0.1 * len(train)
    assert sum(distance > 100 for distance in distances) > 0.1 * len(train)


def read_in_order(text: str) -> int:
    """Tell a review's label as a reader who knows the rules does: the last verdict decides."""
    opinions = [word for word in re.finditer(r"\w+", text) if word.group().lower() in POLARITY]
    before = opinions[-2].end() if len(opinions) > 1 else 0
    clause = text[before : opinions[-1].start()]
    denied = any(f" {denial} " in clause for denial in demo.DENYING)
    rejected = any(answer in text[opinions[-1].end() :] for answer in demo.REJECTING)
    return POLARITY[opinions[-1].group().lower()] ^ denied ^ rejected


def test_a_reader_of_the_rules_is_stopped_only_by_flipped_labels(held_out):
    predicted = [read_in_order(review.text) for review in held_out]
    assert predicted == [review.true_label for review in held_out]
    assert accuracy(predicted, held_out) == pytest.approx(1 - demo.FLIPPED_SHARE, abs=0.015)


def test_counting_opinion_words_stays_below_80_per_cent(held_out):
    """The best a bag can do when it is told which words matter; ties are half right."""
    score = 0.0
    for review in held_out:
        polarities = [POLARITY[word] for word in words_of(review.text) if word in POLARITY]
        lean = 2 * sum(polarities) - len(polarities)
        score += 0.5 if lean == 0 else (lean > 0) == review.label
    assert 0.65 < score / len(held_out) < 0.80


def test_a_bag_of_words_stays_below_80_per_cent(train, held_out):
    """Logistic regression on word counts, with weight decay, learned from 3,000 reviews."""
    counts = Counter(word for review in train for word in words_of(review.text))
    index = {word: i for i, (word, _) in enumerate(counts.most_common(500))}

    def features(reviews: Sequence[demo.Review]) -> torch.Tensor:
        rows = torch.zeros(len(reviews), len(index))
        for row, review in zip(rows, reviews, strict=True):
            for word, count in Counter(words_of(review.text)).items():
                if word in index:
                    row[index[word]] = count
        return rows.log1p()

    inputs, labels = features(train), torch.tensor([float(r.label) for r in train])
    weights, bias = torch.zeros(len(index), requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([weights, bias], lr=0.02)
    for _ in range(100):
        loss = F.binary_cross_entropy_with_logits(inputs @ weights + bias, labels)
        (loss + 0.01 * weights.square().sum()).backward()
        optimizer.step()
        optimizer.zero_grad()
    predicted = (features(held_out) @ weights + bias > 0).int().tolist()
    assert 0.6 < accuracy(predicted, held_out) < 0.80


# Written as on the Hub


def test_written_files_are_the_hubs_layout(tmp_path):
    assert demo.write(tmp_path, num_train=2500, num_test=30, seed=0) == tmp_path
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert files == [
        "plain_text/test-00000-of-00001.parquet",
        "plain_text/train-00000-of-00001.parquet",
    ]
    train, test = (pq.ParquetFile(tmp_path / file) for file in reversed(files))
    columns = [(field.name, str(field.type)) for field in train.schema_arrow]
    assert columns == [("text", "string"), ("label", "int64")]
    groups = [train.metadata.row_group(i).num_rows for i in range(train.num_row_groups)]
    assert groups == [1000, 1000, 500]
    assert train.read()["label"].to_pylist() == [0] * 1250 + [1] * 1250
    assert not set(test.read()["text"].to_pylist()) & set(train.read()["text"].to_pylist())


def test_writing_twice_gives_the_same_bytes(tmp_path):
    for name in ("once", "twice"):
        demo.write(tmp_path / name, num_train=40, num_test=20, seed=7)
    for path in (tmp_path / "once").rglob("*.parquet"):
        again = tmp_path / "twice" / path.relative_to(tmp_path / "once")
        assert path.read_bytes() == again.read_bytes()


def test_an_interrupted_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def broken(num_reviews: int, seed: int):
        yield from islice(demo.generate(num_reviews, seed), 0)
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "reviews", broken)
    with pytest.raises(KeyboardInterrupt):
        demo.write(tmp_path, num_train=10, num_test=10, seed=0)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
