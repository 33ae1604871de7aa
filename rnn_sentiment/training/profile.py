"""Where the time of a training step goes: `profile=true`."""

from __future__ import annotations

import logging
import re
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning import LightningModule
from lightning.pytorch.profilers import Profiler
from torch import nn

from rnn_sentiment.encoders import Encoder
from rnn_sentiment.percentages import percentage

log = logging.getLogger(__name__)

WARM_UP = 5  # steps to skip: the first ones allocate memory and choose kernels
PICTURE, TABLE = "profile.png", "profile.csv"

# Parts of a step, by Lightning's action names. The actions of the step itself begin it; the others
# count only inside a step. The first pattern that matches decides.
BEGIN = (
    (r"train_dataloader_next|batch_to_device", "data"),
    (r"\.on_train_batch_(start|end)", "callbacks and logging"),
    (r"run_training_batch", "Lightning's loop"),
)
INSIDE = (
    (r"^forward: ", ""),  # named as it is
    (r"training_step$", "loss and metrics"),
    (r"\.backward$", "backward"),
    (r"configure_gradient_clipping", "gradient norm and clipping"),
    (r"optimizer_step$|zero_grad$|lr_scheduler_step", "optimizer"),
    (r"Callback|on_before|on_after", "callbacks and logging"),
)


class StepProfiler(Profiler):
    """Time the parts of training steps, each without its nested parts.

    Args:
        folder: the run folder; a table and a picture are written to it when training ends.
        on_gpu: synchronise with the GPU at each change, so that its time is attributed correctly.
    """

    def __init__(self, folder: Path, on_gpu: bool = False) -> None:
        super().__init__()
        self.folder, self.on_gpu = folder, on_gpu
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.num_steps = -WARM_UP  # steps counted so far
        self._parts: list[str | None] = []  # the current parts, from the outermost to the innermost
        self._since = 0.0
        self._is_written = False

    def watch(self, module: LightningModule) -> None:
        """Time the forward pass of each part of a network separately."""
        for name, part in parts_of(module):
            action = f"forward: {name}"
            part.register_forward_pre_hook(partial(_call, self.start, action))
            part.register_forward_hook(partial(_call, self.stop, action))

    def start(self, action_name: str) -> None:
        """Enter an action."""
        self._pass()
        around = self._parts[-1] if self._parts else None
        part = named(BEGIN, action_name)
        if part == "data" and self.num_steps == 0:
            self.seconds.clear()
        if around is not None:
            part = part or named(INSIDE, action_name) or around
        self._parts.append(part)

    def stop(self, action_name: str) -> None:
        """Leave an action."""
        self._pass()
        if self._parts:
            self._parts.pop()
        if action_name == "run_training_batch":
            self.num_steps += 1

    def _pass(self) -> None:
        """Add the elapsed time to the current part."""
        if self.on_gpu:
            torch.cuda.synchronize()
        now = time.perf_counter()
        if self._parts and self._parts[-1] is not None:
            self.seconds[self._parts[-1]] += now - self._since
        self._since = now

    def table(self) -> pd.DataFrame:
        """Milliseconds and share of a step by part, the largest first."""
        seconds = pd.Series(self.seconds, dtype=float).sort_values(ascending=False)
        table = pd.DataFrame({"milliseconds": seconds * 1000 / self.num_steps})
        table["share"] = seconds / seconds.sum()
        return table.rename_axis("part")

    def summary(self) -> str:
        """The table as text."""
        lines = [f"{'a training step':<34}{'ms':>9}{'share':>10}"]
        for part, milliseconds, share in self.table().itertuples():
            lines.append(f"{part:<34}{milliseconds:9.2f}{percentage(share):>10}")
        return "\n".join(lines)

    def describe(self) -> None:
        """Print the table, and write it and its plot."""
        if self._is_written:
            return
        if self.num_steps < 1:
            log.warning("profile=true needs more than %s training steps", WARM_UP)
            return
        print(self.summary())
        table = self.table()
        table.round(5).to_csv(self.folder / TABLE)
        draw(table, self.folder / PICTURE)
        self._is_written = True


def _call(function: Any, action: str, *_: Any) -> None:
    """A hook that calls a function and leaves the values unchanged."""
    function(action)


def named(names: tuple[tuple[str, str], ...], action: str) -> str | None:
    """The part of a step that an action belongs to."""
    for pattern, part in names:
        if re.search(pattern, action):
            return part or action
    return None


def parts_of(module: LightningModule) -> list[tuple[str, nn.Module]]:
    """The named parts of a network, with each layer of the encoder listed separately."""
    found: list[tuple[str, nn.Module]] = []
    for name, part in module.named_children():
        if isinstance(part, Encoder):
            for inner, one in part.named_children():
                if inner == "layers":
                    found += [(f"layer {n}", layer) for n, layer in enumerate(part.layers, 1)]
                elif inner != "after" and not _is_empty(one):
                    found.append((inner.replace("_", " "), one))
        elif name in ("embedding", "ngrams", "head"):
            found.append((name, part))
    return found


def _is_empty(part: nn.Module) -> bool:
    return isinstance(part, nn.Sequential) and len(part) == 0


def draw(table: pd.DataFrame, file: Path) -> None:
    """Plot a bar for each part, the longest on top."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.9 + 0.32 * len(table)), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(table.index[::-1], table["milliseconds"][::-1], color="#0072b2")
    axes.bar_label(bars, [f" {percentage(share, 0)}" for share in table["share"][::-1]])
    total = table["milliseconds"].sum()
    axes.set(xlabel="milliseconds", title=f"A training step of {total:.1f} ms")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.1)
    figure.savefig(file, dpi=150)
