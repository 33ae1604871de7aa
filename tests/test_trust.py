"""What the configuration of a run folder may name."""

from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from rnn_sentiment.configuration import (
    compose,
)
from rnn_sentiment.errors import UserError
from rnn_sentiment.trust import check_stored


@pytest.mark.slow
@pytest.mark.fault("s2")
@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "subprocess.run",
        "rnn_sentiment.train.os.system",
        "rnn_sentiment.configuration.os.system",
        "rnn_sentiment.runs.platform.os.system",
        "torch.load",
        "nowhere.at_all",
    ],
)
def test_a_run_folder_cannot_name_what_is_called(target):
    for model in ("gru", "stack"):
        cfg = compose(f"model={model}")
        (cfg.model if model == "gru" else cfg.model.layers[0])._target_ = target
        with pytest.raises(UserError, match="refused"):
            check_stored(cfg, "model")


def test_a_run_folder_can_name_a_module_that_the_user_trusts(monkeypatch):
    cfg = OmegaConf.create({"model": {"_target_": "argparse.ArgumentParser", "prog": "mine"}})
    with pytest.raises(UserError, match="set RNN_SENTIMENT_TRUST=MODULE"):
        check_stored(cfg)
    monkeypatch.setenv("RNN_SENTIMENT_TRUST", "somewhere,argparse")
    check_stored(cfg)
