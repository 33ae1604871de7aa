"""Hydra finds sweepers in this name space; the work is done in `rnn_sentiment.sweeps`."""

from __future__ import annotations

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class BatchSweeper(Sweeper):
    """Run batches of jobs, each of which depends on how those before have ended.

    Args:
        params: what varies: values by key, in the grammar of Hydra's sweeps.
    """

    def __init__(self, params: dict[str, str]) -> None:
        self.params = params

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Make the launcher that the batches run through."""
        self.config = config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )


class TuningSweeper(BatchSweeper):
    """Search for the configuration with the best validation score within a time."""

    def sweep(self, arguments: list[str]) -> None:
        """Run trials until the time is over, and score the best one on the test part."""
        from rnn_sentiment.sweeps.tune import tune

        assert self.launcher is not None
        assert self.config is not None
        tune(self.launcher, self.config, self.params, arguments)


class SettlingSweeper(BatchSweeper):
    """Add seeds of two systems until it is settled which one is better."""

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Make a launcher that leaves the report to the end."""
        batches = config.copy()
        batches.sweep.report = False
        super().setup(hydra_context=hydra_context, task_function=task_function, config=batches)
        self.config = config

    def sweep(self, arguments: list[str]) -> None:
        """Run seed by seed until the report has an answer, or the time is over."""
        from rnn_sentiment.sweeps.settle import settle

        assert self.launcher is not None
        assert self.config is not None
        settle(self.launcher, self.config, self.params, arguments)


for name, kind in (("tuning", TuningSweeper), ("settling", SettlingSweeper)):
    ConfigStore.instance().store(
        group="hydra/sweeper",
        name=name,
        node={"_target_": f"{__name__}.{kind.__name__}", "params": {}},
    )
