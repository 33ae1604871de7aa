"""Checkpoints as data: verified, and nothing in them executed."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch

from rnn_sentiment.errors import UserError


def load_checkpoint(path: Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Read a checkpoint after comparing every entry with its checksum.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such checkpoint; the run stopped before its first epoch ended"
        ) from None
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        damaged = str(error)
    if damaged:
        raise UserError(f"{path} is damaged ({damaged}); train again or restore it from a copy")
    checkpoint: dict[str, Any] = torch.load(path, map_location=map_location, weights_only=True)
    return checkpoint
