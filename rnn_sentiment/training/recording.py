"""What a run saves when it ends for any reason, and how it can be continued."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from rnn_sentiment import machine, manifest, runs
from rnn_sentiment.errors import Interrupted, MachineError, interruptible
from rnn_sentiment.mistakes import explain
from rnn_sentiment.training import slurm


@contextmanager
def recorded(cfg: DictConfig, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the results to fill in; write them and the manifest however the run ends.

    Raises:
        MachineError: the machine ended the run, for example by a full disk; says what was saved
            and how to continue.
    """
    results: dict[str, Any] = {"status": "failed", "error": "", **runs.provenance()}

    def record() -> None:
        runs.save_results(folder, results)
        manifest.seal(folder)

    with interruptible(lambda: how_to_go_on(folder)):
        try:
            yield results
            record()
        except BaseException as error:
            stopped = isinstance(error, Interrupted)
            results |= {
                "status": "interrupted" if stopped else "failed",
                "error": explain(error),
            }
            with suppress(OSError, MachineError):  # whatever ended the run may prevent this too
                record()
            if isinstance(error, MachineError) or machine.explain(error):
                raise MachineError(f"{on_memory(error, cfg)}; {how_to_go_on(folder)}") from error
            if isinstance(error, Interrupted) and (answer := slurm.requeue(error)):
                raise Interrupted(error.signum, f"{error}; {answer}") from error
            raise


def on_memory(error: BaseException, cfg: DictConfig) -> str:
    """Explain an error; if memory ran out, name the settings that use it."""
    if not machine.out_of_memory(error):
        return explain(error)
    names = [name for name in ("batch_size", "eval_batch_size") if name in cfg.data]
    sizes = ", ".join(f"data.{name}={cfg.data[name]}" for name in names)
    return f"{explain(error)}; make smaller: {sizes}"


def how_to_go_on(folder: Path) -> str:
    """Describe what a stopped run has saved, and how to continue it."""
    if not folder.exists():
        return "nothing is left of this run"
    if can_continue(folder):
        return f"continue with: python -m rnn_sentiment.train resume={folder}"
    return "no epoch was finished"


def can_continue(folder: Path) -> bool:
    """Whether a run has finished an epoch."""
    return any((folder / "checkpoints").glob("*.ckpt"))
