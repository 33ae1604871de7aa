"""Hydra finds sweepers in this name space; the work is done in `rnn_sentiment.sweeps`."""

from __future__ import annotations

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class TuningSweeper(Sweeper):
    """Search for the configuration with the best validation score within a time.

    Args:
        params: what varies: values by key, in the grammar of Hydra's sweeps.
    """

    def __init__(self, params: dict[str, str]) -> None:
        self.params = params

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Make the launcher that the trials run through."""
        self.config = config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run trials until the time is over, and score the best one on the test part."""
        from rnn_sentiment.sweeps.tune import tune

        assert self.launcher is not None
        assert self.config is not None
        tune(self.launcher, self.config, self.params, arguments)


ConfigStore.instance().store(
    group="hydra/sweeper",
    name="tuning",
    node={"_target_": f"{__name__}.TuningSweeper", "params": {}},
)
