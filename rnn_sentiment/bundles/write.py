"""Write the files of a bundle from a run folder."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from safetensors.torch import save

import rnn_sentiment
from rnn_sentiment import runs
from rnn_sentiment.data.sources.form import USUAL
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference.bundle import (
    CARD,
    CONFIG,
    FORMAT,
    OF_LABELS,
    ONNX,
    TOKENIZER,
    WEIGHTS,
    BundleConfig,
)
from rnn_sentiment.inference.trained import Trained
from rnn_sentiment.judgement import DEFAULT_YARDSTICK
from rnn_sentiment.outcome import AnyOf
from rnn_sentiment.storage import replacing, write_file

DEFAULTS = {"form": USUAL, "yardstick": DEFAULT_YARDSTICK}
FILES = (WEIGHTS, ONNX, CONFIG, TOKENIZER, CARD)


def make_folder(folder: Path) -> None:
    """Create the folder of a bundle, or empty one that holds a bundle.

    Raises:
        UserError: it holds anything else, or cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        raise UserError(f"out={folder} cannot be created ({error.strerror})") from error
    if others := [name for name in found if name not in FILES]:
        raise UserError(f"out={folder} holds {others[0]}, which is not part of a bundle; choose "
                        "another folder")  # fmt: skip
    for name in found:  # from an earlier bundle, perhaps in the other format
        (folder / name).unlink()


def describe(run: Path, trained: Trained) -> BundleConfig:
    """The contents of `config.json` for a run."""
    cfg = runs.load_classifier_config(run)
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    embedding = plain["embedding"]
    if "path" in embedding:  # the vectors are in the weights, so their file is not needed
        embedding |= {"path": None, "vectors_dim": trained.network.embedding.table.embedding_dim}  # type: ignore[union-attr]
    return BundleConfig(
        format=OF_LABELS if isinstance(trained.network.outcome, AnyOf) else FORMAT,
        version=rnn_sentiment.__version__,
        labels=list(trained.labels),
        reading=trained.reading,
        embedding=embedding,
        ngrams=plain["ngrams"] or None,
        model=plain["model"],
        calibration=trained.calibration,
        form=trained.form,
        yardstick=trained.yardstick,
    )


def write_bundle(folder: Path, run: Path, trained: Trained, card: str) -> None:
    """Write a bundle of safetensors.

    Args:
        folder: an empty folder.
        run: the run folder.
        trained: the model of that run.
        card: text of the model card.

    Raises:
        MachineError: a file cannot be written.
    """
    weights = {name: w.contiguous() for name, w in trained.network.state_dict().items()}
    contents = save(weights, {"format": "pt"})
    with replacing(folder / WEIGHTS, lambda: len(contents)) as file:
        file.write(contents)
    write_description(folder, describe(run, trained), run, card)


def write_description(folder: Path, config: BundleConfig, run: Path, card: str) -> None:
    """Write the files beside the weights, which are the same for all formats."""
    write_file(folder / TOKENIZER, (run / TOKENIZER).read_text(encoding="utf-8"))
    # Older versions reject unknown keys, so these are written only when they are needed.
    usual = {name for name, default in DEFAULTS.items() if getattr(config, name) == default}
    plain = config.model_dump(mode="json", exclude=usual)
    write_file(folder / CONFIG, json.dumps(plain, indent=2) + "\n")
    write_file(folder / CARD, card)


def write_zip(file: Path, folder: Path) -> None:
    """Pack a bundle into one uncompressed file, identical for identical bundles.

    Raises:
        MachineError: it cannot be written.
    """
    with replacing(file) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in present(folder):
            archive.writestr(zipfile.ZipInfo(name), (folder / name).read_bytes())


def present(folder: Path) -> Iterable[str]:
    """The files of a bundle that are in a folder."""
    return [name for name in FILES if (folder / name).exists()]
