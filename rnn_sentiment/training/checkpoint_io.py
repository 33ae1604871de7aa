"""Reads and writes checkpoints for Lightning, atomically."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer
from lightning.fabric.plugins import TorchCheckpointIO
from omegaconf import DictConfig

from rnn_sentiment import machine
from rnn_sentiment.checkpoints import check_resumable, load_checkpoint
from rnn_sentiment.errors import UserError
from rnn_sentiment.storage import replacing

log = logging.getLogger(__name__)


class AtomicCheckpointIO(TorchCheckpointIO):
    """Write to a temporary file, flush, and rename; verify checksums before loading.

    So a killed run keeps its previous checkpoint, and a damaged file is rejected rather than loaded
    with wrong weights (`torch.load` does not verify checksums).
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write `checkpoint` to `path` in one step.

        Raises:
            MachineError: it cannot be written; the previous one is kept.
        """
        target = Path(path)
        if not target.parent.exists():
            with suppress(FileNotFoundError):  # the run folder is gone; the next line reports it
                target.parent.mkdir()
        with replacing(target, lambda: size_of(checkpoint)) as file:
            torch.save(checkpoint, file)

    def load_checkpoint(
        self, path: str | Path, map_location: Any = "cpu", weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Read tensors and plain values from `path`; nothing in it is executed."""
        checkpoint = load_checkpoint(Path(path), map_location)
        check_resumable(checkpoint, Path(path))
        try:
            relocate(checkpoint, Path(path).parent)
        except (LookupError, TypeError, AttributeError) as error:
            raise UserError(f"{path} cannot be continued: {error!r}") from None
        return checkpoint


@contextmanager
def continuing(trainer: Trainer, path: str | None) -> Iterator[None]:
    """Fit a run, and attribute errors while a checkpoint is restored to that checkpoint.

    Raises:
        UserError: the checkpoint belongs to another network, or is invalid.
    """
    try:
        yield
    except Exception as error:
        # Lightning holds the checkpoint until all of it is restored.
        taking_up = bool(trainer._checkpoint_connector._loaded_checkpoint)
        if not taking_up or isinstance(error, UserError) or machine.explain(error):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UserError(f"{path} cannot be continued: {reason}") from error


class Scale:
    """A file-like object that only counts the bytes written to it."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: bytes) -> int:
        """Count bytes."""
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is no buffer."""


def size_of(checkpoint: dict[str, Any]) -> int:
    """The size of a checkpoint's file in bytes."""
    scale = Scale()
    torch.save(checkpoint, scale)  # type: ignore[arg-type]
    return scale.size


def relocate(checkpoint: dict[str, Any], folder: Path) -> None:
    """Update the folder in the states of the callbacks that save checkpoints.

    Otherwise Lightning forgets the best score if the run folder was moved, copied or spelt
    differently.
    """
    here = os.path.realpath(folder)

    def moved(path: str) -> str:
        return os.path.join(here, os.path.basename(path)) if path else path

    for name, state in checkpoint.get("callbacks", {}).items():
        if name.startswith("ModelCheckpoint"):
            state["dirpath"] = here
            for key in ("best_model_path", "last_model_path", "kth_best_model_path"):
                state[key] = moved(state[key])
            state["best_k_models"] = {moved(k): v for k, v in state["best_k_models"].items()}


def to_resume(cfg: DictConfig, folder: Path) -> str | None:
    """The checkpoint from which a resumed run continues: the last intact one; None for a new run.

    Raises:
        UserError: no checkpoint is intact.
    """
    if not cfg.resume:
        return None
    damage: UserError | None = None
    for file in (folder / "checkpoints" / f"{name}.ckpt" for name in ("last", "best")):
        if file.exists():
            try:
                checkpoint = load_checkpoint(file)
                check_resumable(checkpoint, file)
            except UserError as error:
                damage = error
                continue
            if damage:
                log.warning(
                    "%s; continuing from %s, after epoch %d", damage, file, checkpoint["epoch"] + 1
                )
            return str(file)
    raise damage or UserError(f"{folder}/checkpoints holds no checkpoint to continue from")
