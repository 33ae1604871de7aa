"""Pictures of what happens inside, for runs of any length."""

from __future__ import annotations

from rnn_sentiment.training.pictures import draw_flow


def test_the_legend_of_a_long_run_has_room():
    (axis,) = draw_flow([[0.1, 0.2]] * 31).axes
    names = [text.get_text() for text in axis.get_legend().get_texts()]
    assert (names[0], names[-1], len(names)) == ("before training", "after epoch 30", 6)
    assert len(axis.lines) == 31
    (axis,) = draw_flow([[0.1], [0.2]]).axes
    assert len(axis.get_legend().get_texts()) == 2
