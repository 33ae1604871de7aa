"""A language model in each direction, for reading only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pretraining.runs_of_models import language_model, pretrain


@pytest.fixture(scope="session")
def pretrained(
    corpus: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    above = tmp_path_factory.mktemp("pretrained")
    for direction in ("forward", "backward"):
        cfg = language_model(corpus, cache, f"direction={direction}", "trainer.max_epochs=1")
        pretrain(cfg, above / direction)
    return above / "forward", above / "backward"
