"""The manifest of a run folder: checksums of its files as the run wrote them.

`manifest.json` holds the SHA-256 of every file that later commands read, and of its own entries. It
is written last. Commands refuse to read a file that has been damaged or edited.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import read_json, write_file

CONFIG, OVERRIDES = ".hydra/config.yaml", ".hydra/overrides.yaml"
READ_TO_PREDICT = (CONFIG, "tokenizer.json", "corpus.json", "checkpoints/best.ckpt")
CALIBRATION = "calibration.json"  # if one was fitted
INITIAL_VECTORS = "initial_vectors.npy"  # (V, E) float32: the embedding's table before training
PERTURBATIONS = "perturbations.parquet"  # answers to perturbed texts
READ_TO_RESUME = (CONFIG, "tokenizer.json", "corpus.json", "embedding.json")
READ_TO_REPORT = (
    *(CONFIG, OVERRIDES, "results.json"),
    *("predictions.parquet", "gradient_flow.json", PERTURBATIONS),
)
FORMAT = 1  # of a run folder; incremented when older versions would misread it
BEGINNING = (*READ_TO_RESUME, OVERRIDES, INITIAL_VECTORS)  # files that training does not change
# Without last.ckpt, which has checksums of its own.
FILES = tuple(dict.fromkeys((*BEGINNING, *READ_TO_PREDICT, *READ_TO_REPORT, CALIBRATION)))


def seal(folder: Path, names: Iterable[str] = FILES) -> None:
    """Write the manifest for the current files of a run folder, in one step.

    Args:
        folder: the run folder.
        names: files to list if they exist; while a run trains, those of `BEGINNING`.
    """
    files = {name: digest(folder / name) for name in names if (folder / name).is_file()}
    stated = {"format": FORMAT, "files": files, "sha256": own_digest(files)}
    write_file(folder / "manifest.json", json.dumps(stated, indent=2) + "\n")


def verify(folder: Path, names: Iterable[str]) -> None:
    """Compare files of a run folder with its manifest, if it has one; older runs have none.

    Args:
        folder: the run folder.
        names: files that are about to be read; those that the run never wrote are skipped.

    Raises:
        UserError: a file has changed or is missing; says how to accept the change.
    """
    if not os.path.lexists(folder / "manifest.json"):
        return
    accept = f"restore it from a copy, or accept it with python -m rnn_sentiment.seal run={folder}"
    stated = read_json(folder / "manifest.json")
    files: Any = stated.get("files") if isinstance(stated, dict) else None
    if files is not None and stated.get("format", 1) != FORMAT:
        raise UserError(
            f"{folder} was written by a newer version of rnn_sentiment; update the package"
        )
    if not isinstance(files, dict) or stated.get("sha256") != own_digest(files):
        raise UserError(f"{folder}/manifest.json is damaged; {accept}")
    for name in names:
        there = (folder / name).is_file()
        if name not in files:
            if there and name == "results.json":
                raise UserError(
                    f"{folder}/{name} is not in the manifest: the run was stopped while "
                    f"writing it; continue with resume={folder}"
                )
            continue
        if not there:
            raise UserError(f"{folder}/{name} is missing; {accept}")
        if digest(folder / name) != files[name]:
            raise UserError(f"{folder}/{name} has changed since the run wrote it; {accept}")


def digest(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with file.open("rb") as contents:
        return hashlib.file_digest(contents, "sha256").hexdigest()


def own_digest(files: dict[str, str]) -> str:
    """SHA-256 of the manifest's own entries."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
