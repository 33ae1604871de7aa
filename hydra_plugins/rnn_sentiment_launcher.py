"""Hydra finds launchers in this name space; the work is done in `rnn_sentiment.sweeps`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from rnn_sentiment.sweeps.jobs import Job


class ProcessLauncher(Launcher):
    """Run each job of a multirun in a process of its own.

    Args:
        settings: of `rnn_sentiment.sweeps.sweep.Settings`.
    """

    def __init__(self, **settings: Any) -> None:
        self.options = settings
        self.jobs: list[Job] = []  # of all calls

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Keep what composes the jobs' configurations."""
        self.context, self.config = hydra_context, config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run all jobs to their ends, whatever these are.

        Returns:
            What each job came to: its validation accuracy, or exit status 1 once a sweeper looks.
        """
        from rnn_sentiment.sweeps.launch import launch

        jobs, returns = launch(self.context, self.config, self.options, job_overrides, self.jobs)
        self.jobs += jobs
        return returns


ConfigStore.instance().store(
    group="hydra/launcher",
    name="processes",
    node={
        "_target_": f"{__name__}.ProcessLauncher",
        "jobs": "${sweep.jobs}",
        "timeout": "${sweep.timeout}",
        "resume": "${sweep.resume}",
        "report": "${sweep.report}",
    },
)
