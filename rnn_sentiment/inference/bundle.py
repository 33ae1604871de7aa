"""A bundle: a trained model in portable files that contain no code to execute.

`model.safetensors` holds the weights, `tokenizer.json` is in the format of HF `tokenizers`,
`config.json` says how the network is built and how texts are read, and `README.md` is the model
card. A zip file of these is a bundle as well. Reading a bundle needs neither Hydra nor Lightning.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field

from rnn_sentiment import machine
from rnn_sentiment.calibration import Calibration
from rnn_sentiment.data.reading import Reading
from rnn_sentiment.data.sources.form import USUAL, Form
from rnn_sentiment.data.stored_tokenizer import load_stored_tokenizer
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference.building import build
from rnn_sentiment.inference.trained import Trained
from rnn_sentiment.judgement import DEFAULT_YARDSTICK, Yardstick
from rnn_sentiment.network import Network, input_dim, load_weights
from rnn_sentiment.outcome import outcome_of
from rnn_sentiment.storage import read_json, validated

CONFIG, TOKENIZER, WEIGHTS, CARD = "config.json", "tokenizer.json", "model.safetensors", "README.md"
ONNX = "model.onnx"
READ = (CONFIG, TOKENIZER, WEIGHTS)
FORMAT: Literal[1] = 1  # incremented when older versions would misread it
OF_LABELS: Literal[2] = 2  # the format for texts with several labels


class BundleConfig(BaseModel):
    """The contents of `config.json`.

    Attributes:
        format: format of the bundle: 1 if a text has one class, 2 if it can have several labels.
        version: version of the package that wrote it.
        labels: names of the classes, in the order of labels.
        reading: which tokens of a text are read.
        embedding, ngrams, model: how the parts of the network are built, as in a run's
            configuration.
        calibration: what was fitted on the validation part, if anything.
        form: format of the files it was trained on, if not the default.
        yardstick: what its scores depend on, if not the default.
    """

    model_config = ConfigDict(extra="forbid")

    format: Literal[1, 2] = 1
    version: str
    labels: list[str] = Field(min_length=2)
    reading: Reading
    embedding: dict[str, Any]
    ngrams: dict[str, Any] | None
    model: dict[str, Any]
    calibration: Calibration | None = None
    form: Form = USUAL
    yardstick: Yardstick = DEFAULT_YARDSTICK


def is_bundle(path: Path) -> bool:
    """Whether a path looks like a bundle: a zip file, or a folder with its files."""
    if path.suffix == ".zip":
        return True
    return (path / CONFIG).exists() and not (path / ".hydra").exists()


def load_bundle(path: Path) -> Trained:
    """Read a bundle.

    Raises:
        UserError: it is damaged, or not a bundle.
    """
    if path.suffix != ".zip":
        return _load_folder(path)
    with tempfile.TemporaryDirectory() as folder:
        unpack(path, Path(folder))
        try:
            return _load_folder(Path(folder))
        except UserError as error:
            raise UserError(str(error).replace(folder, str(path))) from None


def unpack(file: Path, folder: Path) -> None:
    """Extract the files of a bundle from a zip file.

    Raises:
        UserError: it is damaged, lacks a file, or is compressed, so that a few bytes could fill a
            disk.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            refuse_onnx(file, archive.namelist())
            for name in READ:
                if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
                    raise UserError(f"{file}: {name} is compressed, as bundles never are")
                archive.extract(name, folder)
    except KeyError as error:
        raise UserError(f"{file} is not a bundle: {error.args[0]}") from None
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        if machine.explain(error):
            raise
        raise UserError(f"{file} is not a bundle, or it is damaged ({error})") from None


def refuse_onnx(place: Path, names: Collection[str]) -> None:
    """Reject a bundle, with files of these names, that is for onnxruntime.

    Raises:
        UserError: says how to run it.
    """
    if ONNX in names and WEIGHTS not in names:
        raise UserError(
            f"{place} holds {ONNX}; run it with the script in its {CARD}, or export without "
            "format=onnx to use the bundle here"
        )


def _load_folder(folder: Path) -> Trained:
    refuse_onnx(folder, [file.name for file in folder.iterdir()])
    for name in READ:
        if not (folder / name).exists():
            raise UserError(f"{folder} is not a readable bundle: it has no {name}")
    config = read_config(folder / CONFIG)
    tokenizer = load_stored_tokenizer(folder / TOKENIZER)
    network = build_network(config, tokenizer.get_vocab_size(), folder / CONFIG)
    load_weights(network, read_weights(folder / WEIGHTS), folder / WEIGHTS)
    return Trained(
        network, tokenizer, config.reading, tuple(config.labels), config.calibration,
        config.form, config.yardstick,
    )  # fmt: skip


def read_config(file: Path) -> BundleConfig:
    """Read `config.json`.

    Raises:
        UserError: it is damaged, or from a newer version.
    """
    stated = read_json(file)
    if isinstance(stated, dict) and stated.get("format", FORMAT) not in (FORMAT, OF_LABELS):
        raise UserError(
            f"{file} was written by a newer version of rnn_sentiment; update the package"
        )
    return validated(BundleConfig, stated, file)


def build_network(config: BundleConfig, vocabulary_size: int, file: Path) -> Network:
    """Build the network that a bundle describes, without its weights.

    Raises:
        UserError: it cannot be built; names the file that describes it.
    """
    try:
        outcome = outcome_of(len(config.labels), several=config.format == OF_LABELS)
        embedding = build(config.embedding, vocabulary_size=vocabulary_size)
        ngrams = build(config.ngrams, outcome=outcome)
        encoder = build(config.model, input_dim=input_dim(embedding, ngrams))
        return Network(embedding, ngrams, encoder, outcome)
    except (UserError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{file}: {' '.join(str(error).split())}") from None


def read_weights(file: Path) -> dict[str, torch.Tensor]:
    """Read the weights.

    Raises:
        UserError: the file is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(file)
    except (SafetensorError, OSError) as error:
        if machine.explain(error):
            raise
        raise UserError(f"{file} is damaged: {' '.join(str(error).split())}") from None
