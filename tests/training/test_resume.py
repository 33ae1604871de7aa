"""A run that is killed at any instant and resumed ends bit for bit as if nothing had happened."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig

from rnn_sentiment import runs
from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.errors import Interrupted, UserError
from rnn_sentiment.training import checkpoint_io
from rnn_sentiment.training.classification import fit_and_test
from tests.test_configuration import compose

# Lightning warns of every folder that holds checkpoints, as that of a resumed run does.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists")]

EPOCHS, STEPS = 3, 3  # of an epoch
# Times, and a score that Lightning shows and never restores.
NOT_COMPARED = ("train/tokens_per_second", "train/epoch_seconds", "current_score")
MODELS = {
    "gru": ["model=gru", "model.hidden_size=8", "model.recurrent_dropout=0.2"],
    "lstm": ["model=lstm", "model.hidden_size=8", "model.bidirectional=true"],
    "conv1d": ["model=conv1d", "model.num_filters=8"],
    "bag": ["model=bag", "ngrams=hashed", "ngrams.num_buckets=100"],
    "stack": ["model=stack", "model.input_dropout=0.2"],
    "averaged bag": ["model=bag", "callbacks=ema", "callbacks.ema.decay=0.5"],
    "lru": ["model=lru", "model.hidden_size=8"],
    "stream": ["model=bag", "data.streaming=true", "data.batch_by=tokens", "data.num_workers=2"],
    "so many steps": ["model=bag", "+trainer.max_steps=8"],
}


def configuration(corpus: Path, cache: Path, *overrides: str) -> DictConfig:
    cfg = compose(
        f"data.path={corpus}", f"data.cache={cache}", "data.fingerprint=null", "seed=3",
        "data.batch_size=100", "embedding.dim=8", f"trainer.max_epochs={EPOCHS}",
        "trainer.precision=32-true", "callbacks.pictures=null", "callbacks.progress_bar=null",
        "logger=none", *overrides,
    )  # fmt: skip
    cfg.name = "run"
    return cfg


def train(cfg: DictConfig, folder: Path, resume: bool = False) -> dict[str, Any]:
    cfg = cfg.copy()
    cfg.resume = str(folder) if resume else None
    folder.mkdir(exist_ok=True)
    runs.save_config(folder, cfg)
    return fit_and_test(cfg, folder)


def kill(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, calls: int) -> None:
    """Let the call of a function that follows `calls` others end the run."""
    real, seen = getattr(owner, name), [0]

    def counted(*args: Any, **options: Any) -> Any:
        seen[0] += 1
        if seen[0] > calls:
            raise Interrupted(15, "killed")
        return real(*args, **options)

    monkeypatch.setattr(owner, name, counted)


def assert_same(a: Any, b: Any, where: str = "checkpoint") -> None:
    """Everything but times, to the last bit."""
    assert type(a) is type(b), where
    if isinstance(a, torch.Tensor):
        assert torch.equal(a, b), where
    elif isinstance(a, dict):
        assert set(a) == set(b), where
        for key in a:
            if key not in NOT_COMPARED:
                assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for number, pair in enumerate(zip(a, b, strict=True)):
            assert_same(*pair, f"{where}.{number}")
    else:
        assert a == b or a != a, where


def assert_same_runs(whole: Path, resumed: Path) -> None:
    for name in ("best.ckpt", "last.ckpt"):
        a, b = (load_checkpoint(folder / "checkpoints" / name) for folder in (whole, resumed))
        for checkpoint, folder in ((a, whole), (b, resumed)):
            checkpoint_io.relocate(checkpoint, Path("/somewhere/checkpoints"))
            checkpoint.pop("loops")  # which count batches that were thrown away
            assert folder.exists()
        assert_same(a, b)
    assert [p.name for p in sorted((resumed / "checkpoints").iterdir())] == [
        "best.ckpt",
        "last.ckpt",
    ]


EVERY_DAY = {("gru", "bf16-mixed")}
SELDOM = {"step 0", "step 1", "step 2", "saving best", "scoring"}
INSTANTS = {
    **{f"step {n}": (Classifier, "training_step", STEPS + n) for n in range(STEPS)},
    "validation": (Classifier, "validation_step", 1),
    "saving best": (checkpoint_io.torch, "save", 2),
    "saving last": (checkpoint_io.torch, "save", 3),
    "scoring": (Classifier, "predict_step", 0),
}


@pytest.fixture(scope="module")
def whole_gru(corpus: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    train(configuration(corpus, cache, *MODELS["gru"]), folder)
    return folder


@pytest.mark.fault("c3")
@pytest.mark.parametrize(
    "instant",
    [pytest.param(name, marks=[pytest.mark.battery] * (name in SELDOM)) for name in INSTANTS],
)
def test_a_killed_run_resumes_bit_for_bit(instant, whole_gru, corpus, cache, tmp_path, monkeypatch):
    cfg = configuration(corpus, cache, *MODELS["gru"])
    with monkeypatch.context() as patched:
        kill(patched, *INSTANTS[instant])
        with pytest.raises(Interrupted):
            train(cfg, tmp_path / "run")
    train(cfg, tmp_path / "run", resume=True)
    assert_same_runs(whole_gru, tmp_path / "run")


@pytest.mark.fault("a29", "c3")
@pytest.mark.parametrize(
    ("model", "precision"),
    [
        pytest.param(
            model,
            precision,
            marks=pytest.mark.battery if (model, precision) not in EVERY_DAY else [],
        )
        for model in MODELS
        for precision in ("32-true", "bf16-mixed", "bf16-true")
    ],
)
def test_every_model_resumes_bit_for_bit_however_often_it_is_killed(
    model, precision, corpus, cache, tmp_path, monkeypatch
):
    cfg = configuration(corpus, cache, *MODELS[model], f"trainer.precision={precision}")
    train(cfg, tmp_path / "whole")
    resume = False
    for _ in range(5):
        with monkeypatch.context() as patched:
            kill(patched, Classifier, "training_step", STEPS + 1)
            try:
                train(cfg, tmp_path / "run", resume)
            except Interrupted:
                resume = True
    train(cfg, tmp_path / "run", resume=True)
    assert_same_runs(tmp_path / "whole", tmp_path / "run")


@pytest.mark.fault("c3")
def test_a_copied_run_resumes_as_the_original(whole_gru, corpus, cache, tmp_path, monkeypatch):
    cfg = configuration(corpus, cache, *MODELS["gru"])
    with monkeypatch.context() as patched:
        kill(patched, Classifier, "training_step", STEPS + 1)
        with pytest.raises(Interrupted):
            train(cfg, tmp_path / "run")
    shutil.move(tmp_path / "run", tmp_path / "moved")
    (tmp_path / "other").mkdir()
    train(cfg, tmp_path / "other" / ".." / "moved", resume=True)
    assert_same_runs(whole_gru, tmp_path / "moved")


def test_a_run_that_had_stopped_early_trains_no_further(corpus, cache, tmp_path, monkeypatch):
    never = ["callbacks.early_stopping.patience=1", "+callbacks.early_stopping.min_delta=9"]
    cfg = configuration(corpus, cache, *MODELS["bag"], *never, "trainer.max_epochs=9")
    with monkeypatch.context() as patched:
        kill(patched, Classifier, "predict_step", 0)
        with pytest.raises(Interrupted):
            train(cfg, tmp_path / "run")
    before = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")
    results = train(cfg, tmp_path / "run", resume=True)
    after = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")
    assert before["epoch"] == after["epoch"] == 1
    assert len(results["history"]) == 2
    assert 0 <= results["test"]["accuracy"] <= 1


def test_a_run_with_unlabelled_texts_goes_on_with_these_alone(corpus, cache, tmp_path, monkeypatch):
    texts = tmp_path / "texts.txt"
    texts.write_text("a fine film\na dull one\n" * 20)
    cfg = configuration(
        corpus, cache, *MODELS["gru"], "objective=virtual_adversarial", f"data.unlabelled={texts}"
    )
    train(cfg, tmp_path / "whole")
    with monkeypatch.context() as patched:
        kill(patched, Classifier, "training_step", STEPS + 1)
        with pytest.raises(Interrupted):
            train(cfg, tmp_path / "run")
    read = texts.read_text()
    texts.write_text(read + "another\n")
    with pytest.raises(UserError, match="the unlabelled texts are not those"):
        train(cfg, tmp_path / "run", resume=True)
    texts.write_text(read)
    train(cfg, tmp_path / "run", resume=True)
    assert_same_runs(tmp_path / "whole", tmp_path / "run")
