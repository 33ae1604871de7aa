"""Everything that a trained model needs to answer, loaded from a run or a bundle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnn_sentiment.calibration import Calibration
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.sources.form import USUAL, Form, form_of
from rnn_sentiment.data.stored_tokenizer import load_stored_tokenizer
from rnn_sentiment.errors import UserError
from rnn_sentiment.judgement import DEFAULT_YARDSTICK, Yardstick, yardstick_of
from rnn_sentiment.network import Network
from rnn_sentiment.outcome import outcome_of

if TYPE_CHECKING:
    import tokenizers


@dataclass(frozen=True)
class Trained:
    """The network of the best epoch, in float32, with its tokenizer and class names.

    Attributes:
        network: maps tokens to logits, in evaluation mode.
        tokenizer: maps texts to tokens.
        reading: which tokens of a text are read.
        labels: names of the classes, in the order of labels.
        calibration: what was fitted on the validation part, if anything.
        form: format of the files it was trained on.
        yardstick: what its scores depend on.
    """

    network: Network
    tokenizer: tokenizers.Tokenizer
    reading: Reading
    labels: tuple[str, ...]
    calibration: Calibration | None
    form: Form = USUAL
    yardstick: Yardstick = DEFAULT_YARDSTICK


def load(path: Path) -> Trained:
    """Read a run folder, or a bundle: a folder or a zip file.

    Raises:
        UserError: it is neither, or it is damaged.
    """
    from rnn_sentiment.inference import bundle

    if bundle.is_bundle(path):
        return bundle.load_bundle(path)
    return load_run(path)


def load_run(folder: Path) -> Trained:
    """Read the best checkpoint of a run, with the run's own vocabulary and labels.

    Raises:
        UserError: the folder holds no trained run.
    """
    from omegaconf import OmegaConf

    from rnn_sentiment import manifest, runs
    from rnn_sentiment.configuration import make
    from rnn_sentiment.network import build_parts, load_best
    from rnn_sentiment.trust import check_stored

    manifest.verify(folder, (*manifest.READ_TO_PREDICT, manifest.CALIBRATION))
    cfg = runs.load_classifier_config(folder)
    check_stored(cfg, "embedding", "ngrams", "model", "data.reading", "data.source", "metrics")
    file = folder / "tokenizer.json"
    if not file.exists():
        raise UserError(f"{folder} has no tokenizer.json: it is not the folder of a trained run")
    tokenizer = load_stored_tokenizer(file)
    labels, _, several = runs.load_corpus(folder)
    outcome = outcome_of(len(labels), several)
    network = Network(*build_parts(cfg, tokenizer.get_vocab_size(), outcome), outcome)
    load_best(network, folder)
    # Even if the run shuffled words in training, texts are read in order.
    reading = replace(make(cfg, "data.reading"), shuffle_words=False)
    source: Any = OmegaConf.to_container(OmegaConf.select(cfg, "data.source") or OmegaConf.create())
    form = form_of(source)
    return Trained(
        network, tokenizer, reading, labels, Calibration.of_run(folder), form,
        yardstick_of(cfg, outcome, labels),
    )  # fmt: skip
