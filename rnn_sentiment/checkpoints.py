"""Checkpoints read as data: verified, and never executed."""

from __future__ import annotations

import pickle
import stat
import zipfile
import zlib
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from packaging.version import InvalidVersion, Version

from rnn_sentiment import machine
from rnn_sentiment.errors import UserError

DAMAGE = (  # raised by zipfile and torch for damaged files; last line: for forged ones
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError),
    *(LookupError, AttributeError, TypeError, AssertionError, ArithmeticError, MemoryError),
)


RESUMED = {
    **{"epoch": int, "global_step": int, "pytorch-lightning_version": str, "loops": dict},
    **{"callbacks": dict, "optimizer_states": list, "lr_schedulers": list},
}
FOLDER = 0x10  # the bit of a ZIP entry's attributes that marks a folder


def load_checkpoint(path: Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Load a checkpoint after verifying the checksum of every entry.

    Raises:
        UserError: the file is missing or damaged, or holds more than tensors and plain values.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{path} is not a regular file")
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ValueError("it is compressed, which a run's checkpoint never is")
            if sum(entry.file_size for entry in entries) > status.st_size:
                raise ValueError("its entries are larger than the file itself")
            if any(entry.external_attr & FOLDER for entry in entries):  # PyTorch would read nothing
                raise ValueError("it marks a file as a folder")
            damaged = archive.testzip()
        if not damaged:
            checkpoint: dict[str, Any] = torch.load(path, map_location, weights_only=True)
            if not has_weights(checkpoint):
                raise UserError(f"{path} is not a run's checkpoint: it has no weights")
            return checkpoint
    except UserError:
        raise
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such checkpoint; the run stopped before its first epoch ended"
        ) from None
    except pickle.UnpicklingError:
        raise UserError(
            f"{path} holds more than tensors and plain values, so it could run code; refused"
        ) from None
    except DAMAGE as error:
        if machine.explain(error):  # out of memory or file handles: the file may be intact
            raise
        damaged = " ".join(str(error).split())
    raise UserError(f"{path} is damaged ({damaged}); train again or restore it from a copy")


def check_resumable(checkpoint: dict[str, Any], path: Path) -> None:
    """Check that a checkpoint has everything Lightning needs to continue a run.

    Raises:
        UserError: something is missing, or was written by a newer version.
    """
    for key, kind in RESUMED.items():
        value = checkpoint.get(key)
        if not isinstance(value, kind) or value == []:
            raise UserError(f"{path} cannot be continued: it has no {key}")
    version = checkpoint["pytorch-lightning_version"]
    try:
        newer = Version(version) > Version(metadata.version("lightning"))
    except InvalidVersion as error:
        raise UserError(f"{path} cannot be continued: {error}") from None
    if newer:
        raise UserError(f"{path} was written by lightning {version}; update lightning to continue")


def has_weights(checkpoint: Any) -> bool:
    """Whether this can be a run's checkpoint: named tensors and named states of callbacks."""
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("callbacks", {}), dict):
        return False
    weights = checkpoint.get("state_dict")
    return isinstance(weights, dict) and all(
        isinstance(name, str) and isinstance(weight, torch.Tensor)
        for name, weight in weights.items()
    )
