"""A training step of this package against the bare passes of torch's own layer of its shapes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from statistics import median
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import nn

from rnn_sentiment.configuration import compose
from rnn_sentiment.training.build import build_classifier, build_trainer
from rnn_sentiment.types import Batch

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
TRAINERS = {"cuda": "gpu", "cpu": "cpu"}
HALF = {"16-mixed": torch.float16, "bf16-mixed": torch.bfloat16, "32-true": None}
WITHOUT = (  # what is done between steps
    *(f"callbacks.{name}=null" for name in ("best_checkpoint", "last_checkpoint", "pictures")),
    *(f"callbacks.{name}=null" for name in ("early_stopping", "learning_rate", "train_sample")),
    *("callbacks.progress_bar=null", "+trainer.enable_checkpointing=false"),
)
WARM_UP = 5  # steps that are not counted


@dataclass(frozen=True)
class Shape:
    """Sizes of a step: rows, words of each, words that are known, and features."""

    batch: int = 64
    steps: int = 240
    vocabulary: int = 30_000
    embedded: int = 128
    hidden: int = 128


@dataclass(frozen=True)
class Repeated:
    """A loader of the same batch, `number` times."""

    batch: Batch
    number: int

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[Batch]:
        return repeat(self.batch, self.number)


class Clock(Callback):
    """The milliseconds between the ends of steps, once the device has done them."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *args: Any, **options: Any
    ) -> None:
        """Note the time; the device is waited for at the two ends only, as in training."""
        if trainer.global_step in (WARM_UP, trainer.num_training_batches):
            wait(pl_module.device.type)
            self.ends.append(time.perf_counter())

    def milliseconds(self, num_steps: int) -> float:
        """Of a step, over all that are counted."""
        first, last = self.ends
        return 1000 * (last - first) / (num_steps - WARM_UP)


def measure(
    device: str, model: str, precision: str, shape: Shape, num_steps: int = 100
) -> dict[str, object]:
    """Time a model's training step, and the passes of torch's own layer, if it has one."""
    step = training_step(device, model, precision, shape, num_steps)
    row: dict[str, object] = {"model": model, "precision": precision, "step_ms": round(step, 3)}
    if model in LAYERS:
        once = bare_pass(device, model, precision, shape)
        bare = timed(once, device, num_steps)
        row |= {"bare_ms": round(bare, 3), "ratio": round(step / bare, 3)}
        row |= {"kernels": "; ".join(costliest(once, device))}
    return row


def training_step(device: str, model: str, precision: str, shape: Shape, num_steps: int) -> float:
    """Milliseconds of a step as `train` makes it, with checks, logging and optimizer."""
    cfg = compose(
        f"model={model}", f"trainer={TRAINERS[device]}", f"trainer.precision={precision}",
        f"embedding.dim={shape.embedded}", f"model.hidden_size={shape.hidden}", "logger=none",
        "trainer.max_epochs=1", *WITHOUT,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(2, shape.vocabulary, (shape.batch, shape.steps), generator=generator)
    lengths = torch.full((shape.batch,), shape.steps)
    batch = Batch(tokens, lengths, torch.arange(shape.batch) % 2)
    classifier, clock = build_classifier(cfg, shape.vocabulary), Clock()
    with tempfile.TemporaryDirectory() as folder:
        trainer = build_trainer(cfg, Path(folder))
        trainer.callbacks.append(clock)  # type: ignore[attr-defined]
        trainer.fit(classifier, Repeated(batch, num_steps), Repeated(batch, 1))
    return clock.milliseconds(num_steps)


def bare_pass(device: str, model: str, precision: str, shape: Shape) -> Callable[[], None]:
    """One forward and one backward pass of torch's own layer, which is cuDNN's on a GPU."""
    kind = HALF[precision]
    layer = LAYERS[model](shape.embedded, shape.hidden, batch_first=True).to(device)
    inputs = torch.randn(shape.batch, shape.steps, shape.embedded, device=device)
    inputs.requires_grad_()

    def once() -> None:
        with torch.autocast(device, kind, enabled=kind is not None):
            outputs = layer(inputs)[0]
        outputs.backward(torch.ones_like(outputs))

    return once


def timed(once: Callable[[], None], device: str, repeats: int) -> float:
    """The median milliseconds of a call, over five rounds."""
    rounds = []
    for _ in range(WARM_UP):
        once()
    for _ in range(5):
        wait(device)
        start = time.perf_counter()
        for _ in range(max(1, repeats // 5)):
            once()
        wait(device)
        rounds.append(1000 * (time.perf_counter() - start) / max(1, repeats // 5))
    return median(rounds)


def costliest(once: Callable[[], None], device: str, number: int = 3) -> list[str]:
    """Names of what takes the most time; on a GPU of its kernels, which tell the algorithm."""
    activities = [torch.profiler.ProfilerActivity.CPU]
    if device == "cuda":
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as profile:
        once()
        wait(device)
    key = "self_device_time_total" if device == "cuda" else "self_cpu_time_total"
    events = sorted(profile.key_averages(), key=lambda event: -float(getattr(event, key)))
    return [event.key for event in events[:number]]


def wait(device: str) -> None:
    """Until a GPU has done all that it was told."""
    if device == "cuda":
        torch.cuda.synchronize()
