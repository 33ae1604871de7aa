"""Explanations: which words of a text support a model's answer, and how far to trust that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnn_sentiment.errors import UserError
from rnn_sentiment.inference.attribution import Gradients, integrated_gradients, occlusion
from rnn_sentiment.inference.faithfulness import RANDOM, Faithfulness, measure
from rnn_sentiment.inference.predictor import Predictor
from rnn_sentiment.inference.words import Words, read_words
from rnn_sentiment.storage import printable

OCCLUSION, GRADIENTS = "occlusion", "integrated gradients"
FAINT = 0.1  # share of the most important word below which a word is not marked


@dataclass(frozen=True)
class Explanation:
    """An answer and its words.

    Attributes:
        words: the words of the text.
        is_cut: whether the text has words that are not read.
        label: the answer that is explained.
        probabilities: probability of each class by name.
        importance: (W,) contribution of each word to the answer's log-odds, by method.
        gradients: details of the integrated gradients.
        faithfulness: the faithfulness of both methods.
    """

    words: Words
    is_cut: bool
    label: str
    probabilities: dict[str, float]
    importance: dict[str, np.ndarray]
    gradients: Gradients
    faithfulness: Faithfulness

    def most_important(self, count: int) -> np.ndarray:
        """Indices of the words that matter most by occlusion, for or against the answer."""
        return np.argsort(-abs(self.importance[OCCLUSION]), kind="stable")[:count]

    def strength(self, method: str) -> np.ndarray:
        """(W,) from -1 to 1: importance relative to the largest; 0 for faint words."""
        values = self.importance[method]
        shares = values / (abs(values).max() or 1.0)
        return np.where(abs(shares) < FAINT, 0.0, shares)

    def trust(self) -> list[str]:
        """Sentences on how far to trust the importance of the words."""
        gradients, areas = self.gradients, self.faithfulness.areas
        sentences = []
        if self.is_cut:
            sentences.append(f"The model reads {len(self.words):,} words of this text.")
        sentences.append(
            f"Integrated gradients sum to {gradients.words.sum():+.3f} of the "
            f"{gradients.total:+.3f} log-odds of all words, in {gradients.steps} steps; "
            f"n-grams account for {gradients.ngrams:+.3f} of that."
        )
        means = ", ".join(f"{areas[name]:.3f} by {name}" for name in self.importance)
        sentences.append(
            f"Mean probability of {self.label} while words are deleted, the most important "
            f"first: {means}; {areas[RANDOM]:.3f} in random order. Lower is better."
        )
        sentences += [
            f"Here {name} finds words no better than chance."
            for name in self.importance
            if len(self.words) > 1 and areas[name] >= areas[RANDOM]
        ]
        return sentences


def explain(predictor: Predictor, text: str) -> Explanation:
    """Explain a model's answer to a text; with several labels, the most likely one.

    Raises:
        UserError: no word of the text is read, or the text is too long to fit in memory.
    """
    answers = predictor.answer([text])
    words = read_words(predictor, text)
    if not len(words):
        raise UserError("the text has no word that the model reads")
    label = predictor.to_explain(answers, 0)
    names = list(map(printable, predictor.labels))
    gradients = integrated_gradients(predictor, words, label)
    importance = {OCCLUSION: occlusion(predictor, words, label), GRADIENTS: gradients.words}
    return Explanation(
        words,
        bool(answers.truncated[0]),
        names[label],
        dict(zip(names, answers.probabilities[0].tolist(), strict=True)),
        importance,
        gradients,
        measure(predictor, words, label, importance),
    )
