"""Checkpoints as data: verified, and nothing in them executed."""

from __future__ import annotations

import pickle
import zipfile
import zlib
from pathlib import Path
from typing import Any

import torch

from rnn_sentiment import machine
from rnn_sentiment.errors import UserError


def load_checkpoint(path: Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Read a checkpoint after comparing every entry with its checksum.

    Raises:
        UserError: the file is missing or damaged, or holds more than tensors and plain values.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise UserError(f"{path} is compressed, as no checkpoint of a run is; refused")
            damaged = archive.testzip()
        if not damaged:
            checkpoint: dict[str, Any] = torch.load(path, map_location, weights_only=True)
            return checkpoint
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such checkpoint; the run stopped before its first epoch ended"
        ) from None
    except pickle.UnpicklingError:
        raise UserError(
            f"{path} holds more than tensors and plain values, which could be a program; refused"
        ) from None
    # A damaged header is a RuntimeError to torch, to zipfile any of the others.
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        if machine.explain(error):  # too little memory, no file handle: the file may be sound
            raise
        damaged = " ".join(str(error).split())
    raise UserError(f"{path} is damaged ({damaged}); train again or restore it from a copy")
