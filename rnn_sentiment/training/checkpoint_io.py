"""How Lightning writes and reads checkpoints: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer
from lightning.fabric.plugins import TorchCheckpointIO
from omegaconf import DictConfig

from rnn_sentiment.checkpoints import check_resumable, load_checkpoint
from rnn_sentiment.errors import UserError


class AtomicCheckpointIO(TorchCheckpointIO):
    """Write beside the target, flush to disk, rename; verify checksums before loading.

    A killed run thus keeps its previous checkpoint, and a damaged file is refused rather than
    loaded with wrong weights (`torch.load` does not compare checksums).
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write `checkpoint` to `path` in one step."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with temporary.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)

    def load_checkpoint(
        self, path: str | Path, map_location: Any = "cpu", weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Read tensors and plain values from `path`; nothing in it is executed."""
        checkpoint = load_checkpoint(Path(path), map_location)
        check_resumable(checkpoint, Path(path))
        relocate(checkpoint, Path(path).parent)
        return checkpoint


@contextmanager
def continuing(trainer: Trainer, path: str | None) -> Iterator[None]:
    """Fit a run; what goes wrong while it takes up a checkpoint is said of that.

    Raises:
        UserError: the checkpoint is of another network, or made up.
    """
    try:
        yield
    except Exception as error:
        # Lightning holds the checkpoint until all of it is taken up.
        if not trainer._checkpoint_connector._loaded_checkpoint or isinstance(error, UserError):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UserError(f"{path} cannot be continued: {reason}") from error


def relocate(checkpoint: dict[str, Any], folder: Path) -> None:
    """Write the folder of a checkpoint into the states of the callbacks that keep checkpoints.

    Lightning forgets the best score of a run whose folder was moved, copied or spelt differently.
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
    """The checkpoint from which a run continues, if it does."""
    return str(folder / "checkpoints" / "last.ckpt") if cfg.resume else None
