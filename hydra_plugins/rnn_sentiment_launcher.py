"""Hydra finds launchers in this name space; the work is done in `rnn_sentiment.sweeps`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from rnn_sentiment.sweeps.jobs import Job


class ProcessLauncher(Launcher):
    """Run each job of a multirun in a process of its own, as the section `sweep` says."""

    def __init__(self) -> None:
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
            The validation accuracy of each job, or an exit with status 1, raised when it is read.
        """
        from rnn_sentiment.sweeps.launch import launch

        jobs, returns = launch(self.context, self.config, job_overrides, self.jobs)
        self.jobs += jobs
        return returns


ConfigStore.instance().store(
    group="hydra/launcher", name="processes", node={"_target_": f"{__name__}.ProcessLauncher"}
)
