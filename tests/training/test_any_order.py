"""Train, save, kill, corrupt, move, prune, resume, in any order: the same run, or a refusal."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from omegaconf import DictConfig

from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.errors import Interrupted, UserError
from tests.training.test_resume import (
    INSTANTS,
    MODELS,
    assert_same_runs,
    configuration,
    kill,
    train,
)

pytestmark = pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists")
NAMES = ("last.ckpt", "best.ckpt")


class AnyOrder(RuleBasedStateMachine):
    """What befalls a run, and a model of it: the epochs that are safe, and what was spoiled."""

    cfg: ClassVar[DictConfig]
    whole: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.folder = self.home / "run-0"
        self.moves = 0
        self.safe = -1  # the last epoch that was saved
        self.spoiled: dict[str, tuple[bytes, bytes]] = {}  # by name: before, and since
        self.finished = False

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    def file(self, name: str) -> Path:
        return self.folder / "checkpoints" / name

    def is_spoiled(self, name: str) -> bool:
        """Whether a checkpoint is still as it was spoiled; a later save makes it whole."""
        there = self.file(name).read_bytes() if self.file(name).exists() else b""
        return name in self.spoiled and self.spoiled[name][1] == there

    def go_on(self) -> None:
        resume = self.file("last.ckpt").exists()
        if not resume:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.safe, self.spoiled = -1, {}
        if self.is_spoiled("last.ckpt"):  # goes on from the best one, if that is whole
            self.safe = -1
        try:
            train(self.cfg, self.folder, resume)
            self.finished = True
        except Interrupted:
            pass
        except UserError:
            assert any(map(self.is_spoiled, NAMES))
        if self.finished:
            assert_same_runs(self.whole, self.folder)

    @precondition(lambda self: not self.finished)
    @rule(instant=st.sampled_from(sorted(INSTANTS)))
    def train_until_killed(self, instant: str) -> None:
        with pytest.MonkeyPatch.context() as patched:
            kill(patched, *INSTANTS[instant])
            self.go_on()

    @precondition(lambda self: not self.finished)
    @rule()
    def train_to_the_end(self) -> None:
        self.go_on()

    @precondition(lambda self: self.file("last.ckpt").exists() and not self.spoiled)
    @rule(name=st.sampled_from(NAMES), where=st.floats(0, 1, exclude_max=True))
    def corrupt(self, name: str, where: float) -> None:
        before = self.file(name).read_bytes()
        since = bytearray(before)
        since[int(where * len(since))] ^= 1
        self.spoil(name, before, bytes(since))

    @precondition(lambda self: self.file("last.ckpt").exists() and not self.spoiled)
    @rule(name=st.sampled_from(NAMES), where=st.floats(0, 1, exclude_max=True))
    def cut(self, name: str, where: float) -> None:
        before = self.file(name).read_bytes()
        self.spoil(name, before, before[: int(where * len(before))])

    def spoil(self, name: str, before: bytes, since: bytes) -> None:
        self.file(name).write_bytes(since)
        self.spoiled[name] = before, since

    @precondition(lambda self: self.file("last.ckpt").exists() and not self.spoiled)
    @rule(name=st.sampled_from(NAMES))
    def prune(self, name: str) -> None:
        self.spoiled[name] = self.file(name).read_bytes(), b""
        self.file(name).unlink()

    @precondition(lambda self: self.spoiled)
    @rule()
    def restore_from_a_copy(self) -> None:
        for name, (before, _) in self.spoiled.items():
            if self.is_spoiled(name):
                self.file(name).write_bytes(before)
        self.spoiled = {}

    @precondition(lambda self: self.folder.exists())
    @rule()
    def move(self) -> None:
        self.moves += 1
        self.folder = self.folder.rename(self.home / f"run-{self.moves}")

    @invariant()
    def what_was_saved_is_there(self) -> None:
        for name in NAMES:
            if self.file(name).exists() and not self.is_spoiled(name):
                epoch = load_checkpoint(self.file(name))["epoch"]
                if name == "last.ckpt":
                    assert epoch >= self.safe
                    self.safe = epoch


@pytest.mark.battery
@pytest.mark.fault("d3")
def test_any_order_of_events_gives_the_same_run_or_a_refusal(corpus, cache, tmp_path):
    AnyOrder.cfg = configuration(corpus, cache, *MODELS["gru"])
    AnyOrder.whole = tmp_path / "whole"
    train(AnyOrder.cfg, AnyOrder.whole)
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=40,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
