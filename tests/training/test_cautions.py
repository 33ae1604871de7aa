"""Runs whose scores look fine, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from rnn_sentiment.training.cautions import cautions


def results(**changes: Any) -> dict[str, Any]:
    """What a run without any doubt records, with changes."""
    row = {"val/accuracy": 0.9, "train/accuracy": 0.9, "train/sample_accuracy": 0.95}
    sound = {
        "data": {
            "sizes": {"validation": 1000, "test": 200},
            "train_classes": {"bad": 500, "good": 480},
        },
        "history": [{"epoch": epoch, **row} for epoch in range(3)],
        "max_epochs": 3,
        "learning_rate_left": 0.0,
        "validation": {"epoch": 1, "auroc": 0.9},
        "test": {"auroc": 0.9},
        "test_deduplicated": {"auroc": 0.9},
        "classes": {"bad": {"answers": 99}, "good": {"answers": 101}},
        "dead_units": {"dense": {"dead": 1, "of": 6}},
        "most_common": {"probability": 0.25, "share": 0.01},
    }
    return sound | changes


def history(*accuracies: float, **more: float) -> list[dict[str, float]]:
    row = {"train/accuracy": 0.9, **more}
    return [{"epoch": i, "val/accuracy": value, **row} for i, value in enumerate(accuracies)]


def test_a_sound_run_gives_no_warning():
    assert cautions(results()) == []


LAST = {"epoch": 2, "auroc": 0.9}


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        (
            {"classes": {"bad": {"answers": 200}, "good": {"answers": 0}}},
            "every test text gets the answer 'bad'",
        ),
        (
            {"most_common": {"probability": 0.25, "share": 0.4}},
            "40 % of the test texts got the same probability, 0.250",
        ),
        (
            {"dead_units": {"dense": {"dead": 6, "of": 6}}},
            "6 of 6 units of dense are off for every test text",
        ),
        (
            {"history": history(0.7, 0.8, 0.9), "validation": LAST},
            "the best epoch is the last of 3, and validation accuracy was still rising, from",
        ),
        (
            {"history": history(0.5, 0.5, 0.5, **{"train/sample_accuracy": 0.6})},
            "training accuracy is 60.0 %, and always answering the most common class gives 51.0 %",
        ),
        (
            {"data": {"sizes": {"validation": 9}, "train_classes": {"ham": 70, "spam": 9}}},
            "the classes are imbalanced: 70 training texts are 'ham', 9 'spam'",
        ),
        ({"test": {"auroc": None}}, "AUROC is undefined on the test part"),
        (
            {"max_epochs": 9, "learning_rate_left": 0.6},
            "training stopped in epoch 3 of 9, where the learning rate was 60 % of its highest",
        ),
    ],
)
def test_each_doubt_is_one_sentence(changes, start):
    (sentence,) = cautions(results(**changes))
    assert sentence.startswith(start)


@pytest.mark.parametrize(
    "changes",
    [
        {"history": history(0.7, 0.8, 0.805), "validation": LAST},  # levelled out
        {"history": history(0.7), "validation": LAST | {"epoch": 0}},  # nothing to compare
        {"max_epochs": 9, "learning_rate_left": 1.0},  # no schedule that was cut off
        {"max_epochs": 9, "learning_rate_left": 0.01},
    ],
)
def test_what_is_usual_is_not_pointed_out(changes):
    assert cautions(results(**changes)) == []


def test_without_a_test_part_the_training_is_judged():
    found = {
        name: value
        for name, value in results(history=history(0.7, 0.8, 0.9), validation=LAST).items()
        if name not in ("test", "classes", "dead_units", "most_common")
    }
    assert len(cautions(found)) == 1


def test_a_test_part_of_training_texts_is_pointed_out():
    known = results()
    del known["test_deduplicated"]
    (sentence,) = cautions(known)
    assert sentence.startswith("every test text is also in the train part")


def test_few_texts_with_one_probability_are_no_tie():
    few = results()
    few["data"]["sizes"]["test"] = 4
    few["most_common"]["share"] = 0.5
    assert not list(cautions(few))
