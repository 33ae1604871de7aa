"""A run chooses no folder and no address on the machine that reads it."""

from __future__ import annotations

import pytest

from rnn_sentiment.configuration import compose
from rnn_sentiment.errors import UserError
from rnn_sentiment.training.rescoring import rescore
from rnn_sentiment.training.run import resumed_config
from tests.strangers.conftest import change_config, resume
from tests.strangers.watch import WATCH


def test_evaluating_and_resuming_use_the_readers_own_cache(warm, run_folder, tmp_path, cache):
    foreign = tmp_path / "foreign"
    change_config(run_folder, "data.cache", str(foreign))
    with WATCH.on(run_folder, cache):
        assert rescore(run_folder).comparison == "identical to results.json"
        resume(run_folder)
    assert not foreign.exists()


def test_another_cache_is_used_where_the_reader_says_so(run_folder, tmp_path):
    mine = tmp_path / "mine"
    rescore(run_folder, [f"data.cache={mine}"])
    assert (mine / "tokens").exists()
    (run_folder / "results.json").unlink()
    cfg = compose(f"resume={run_folder}", f"data.cache={mine}")
    (run_folder / "manifest.json").unlink()
    given = [f"resume={run_folder}", f"data.cache={mine}"]
    assert resumed_config(run_folder, cfg, given).data.cache == str(mine)
    with pytest.raises(UserError, match=r"leave out data\.path=x"):
        resumed_config(run_folder, cfg, [*given, "data.path=x"])


@pytest.mark.battery
@pytest.mark.fault("s6")
def test_training_opens_no_port(warm, run_folder, cache):
    with WATCH.on(run_folder, cache):  # which notes every bind and connect
        resume(run_folder)
