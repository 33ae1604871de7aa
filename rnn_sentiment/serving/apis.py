"""The interfaces of a server: classify a text, and explain the effect of each word.

Each interface is a `LitAPI`, which LitServe runs in its own process. LitServe passes the annotated
type of a request to FastAPI, so there must be no `from __future__ import annotations` here.
"""

import os
import signal
from pathlib import Path
from typing import Any

import litserve
from pydantic import BaseModel, ConfigDict, Field

from rnn_sentiment.inference.predictor import Answers
from rnn_sentiment.leash import end_with_parent
from rnn_sentiment.outcome import AnyOf
from rnn_sentiment.serving.batching import EagerLoop

LONGEST = 20_000  # characters of a text; IMDB's longest review has 13,704
BATCH_SIZE = 64


class Request(BaseModel):
    """A request: a text."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=LONGEST)


class OfTexts(litserve.LitAPI):  # type: ignore[misc]
    """The base of both interfaces.

    Args:
        model: a run folder or bundle.
        more: further arguments of the `LitAPI`.
    """

    def __init__(self, model: Path, **more: Any) -> None:
        super().__init__(**more)
        self.model = model
        self.server = os.getpid()

    def setup(self, device: str) -> None:
        """Load the model in a process that ends with the server's, which handles Ctrl-C."""
        from rnn_sentiment.inference import Predictor

        end_with_parent(self.server)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.predictor = Predictor.load(self.model)

    def decode_request(self, request: Request) -> str:
        """Take the text out of a request."""
        return request.text

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """Return the answer unchanged; FastAPI writes it as JSON."""
        return output

    def told(self, answers: Answers) -> list[dict[str, Any]]:
        """The class or labels, probabilities and prediction set of each text."""
        names = self.predictor.labels
        sets = self.predictor.sets(answers.probabilities)
        found = []
        several = isinstance(self.predictor.outcome, AnyOf)
        for number, label in enumerate(answers.labels):
            shares = answers.probabilities[number].tolist()
            own = self.predictor.names(label)
            answer = {
                **({"labels": own} if several else {"label": own[0]}),
                "probabilities": dict(zip(names, shares, strict=True)),
                "is_cut": bool(answers.truncated[number]),
            }
            if sets is not None:
                answer["set"] = [n for n, within in zip(names, sets[number], strict=True) if within]
            found.append(answer)
        return found


class Predict(OfTexts):
    """Classifies texts; those that are requested at the same time form a batch."""

    def __init__(self, model: Path) -> None:
        super().__init__(model, api_path="/predict", max_batch_size=BATCH_SIZE, loop=EagerLoop())

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """Answer a batch."""
        return self.told(self.predictor.answer(texts))


class Explain(OfTexts):
    """Classifies a text and explains the effect of each word; one text at a time."""

    def __init__(self, model: Path) -> None:
        super().__init__(model, api_path="/explain")

    def setup(self, device: str) -> None:
        """Load the model, and explain a text, so that no request has to wait for imports."""
        super().setup(device)
        self.predict("a text")

    def predict(self, text: str) -> dict[str, Any]:
        """Answer with `words`, the text in pieces: words with their log-odds, and what is between.

        The log-odds are for the label `explained`: the answer, or the most likely of several.
        """
        from rnn_sentiment.inference.attribution import occlusion
        from rnn_sentiment.inference.words import read_words

        answers = self.predictor.answer([text])
        (answer,) = self.told(answers)
        words = read_words(self.predictor, text)
        label = self.predictor.to_explain(answers, 0)
        answer["explained"] = self.predictor.labels[label]
        log_odds = occlusion(self.predictor, words, label).tolist() if len(words) else []
        answer["words"] = [
            (piece, None if word is None else log_odds[word]) for piece, word in words.pieces()
        ]
        return answer
