"""Learning-rate schedules over a known number of steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from lightning import LightningModule
from pydantic import ConfigDict, PositiveFloat, validate_call
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from rnn_sentiment.types import Share


def with_schedule(
    module: LightningModule,
    optimizer: Callable[..., Optimizer],
    scheduler: Callable[..., LRScheduler],
    groups: Sequence[Sequence[nn.Parameter]] = (),
) -> dict[str, Any]:
    """Build optimizer and schedule in Lightning's format; the schedule advances every step.

    Args:
        module: the module to train; its trainer must know the number of steps.
        optimizer: builds an optimizer from parameters.
        scheduler: builds a schedule from `(optimizer, total_steps=...)`.
        groups: groups of parameters, each with its own learning rate; by default, one group of all.
    """
    made = optimizer([{"params": list(g)} for g in groups] if groups else module.parameters())
    schedule = scheduler(made, total_steps=int(module.trainer.estimated_stepping_batches))
    return {"optimizer": made, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


@validate_call(config=ConfigDict(arbitrary_types_allowed=True))
def slanted_triangular(
    optimizer: Optimizer,
    total_steps: int,
    rise: Share = 0.1,
    ratio: PositiveFloat = 32.0,
    decay: PositiveFloat = 2.6,
) -> LambdaLR:
    """Rise linearly, then fall linearly, with lower rates for lower layers (Howard & Ruder, 2018).

    Args:
        optimizer: its learning rate is the peak of the first parameter group; the peak of each
            further group is `decay` times lower than the one before.
        total_steps: number of training steps.
        rise: share of the steps in which the rate rises.
        ratio: the peak divided by the lowest rate.
        decay: a layer's rate divided by that of the layer below.
    """
    top = max(1, math.floor(rise * total_steps))

    def factor(step: int) -> float:
        rest = step / top if step < top else 1 - (step - top) / max(1, total_steps - top)
        return (1 + max(0.0, rest) * (ratio - 1)) / ratio

    def of_group(depth: int) -> Callable[[int], float]:
        return lambda step: factor(step) / decay**depth

    return LambdaLR(optimizer, [of_group(depth) for depth in range(len(optimizer.param_groups))])


def constant(optimizer: Optimizer, total_steps: int) -> LambdaLR:
    """Keep the optimizer's learning rate."""
    return LambdaLR(optimizer, lambda step: 1.0)


@validate_call(config=ConfigDict(arbitrary_types_allowed=True))
def cosine(
    optimizer: Optimizer, total_steps: int, warmup: Share = 0.1, final: Share = 0.0
) -> LambdaLR:
    """Rise linearly from zero, then fall along half a cosine (Loshchilov & Hutter, 2017).

    Args:
        optimizer: its learning rate is the peak.
        total_steps: number of training steps.
        warmup: share of the steps in which the rate rises.
        final: the rate at the end, as a share of the peak.
    """
    rising = max(1, round(warmup * total_steps))
    falling = max(1, total_steps - rising)

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        progress = min(1.0, (step - rising) / falling)
        return final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2

    return LambdaLR(optimizer, factor)
