"""The README's commands do what it says."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import pytest
import torch

from rnn_sentiment.data.sources import demo_reviews as demo
from tests.conftest import TINY, Command

ROOT = Path(__file__).parents[2]
COMMANDS = re.findall(
    r"^python -m rnn_sentiment\.(\w+) (.+?)(?: +# .*)?$",
    "\n".join(re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)),
    re.MULTILINE,
)


def test_make_has_the_two_commands_and_ci_runs_the_second():
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    assert re.findall(r"^make (\w+)", readme, re.MULTILINE)[:2] == ["train", "test"]
    assert re.search(r"^train:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_the_readme_names_every_model_and_group():
    readme = (ROOT / "README.md").read_text()
    for group in (p for p in (ROOT / "conf").iterdir() if p.is_dir()):
        assert f"`{group.name}`" in readme
    for model in (ROOT / "conf" / "model").glob("*.yaml"):
        assert re.search(rf"\b{model.stem}\b", readme)
    for experiment in (ROOT / "conf" / "experiment").glob("*.yaml"):
        assert f"`{experiment.stem}`" in readme


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the README's files and `folder` exist."""
    folder = tmp_path_factory.mktemp("readme")
    demo.write(folder / "folder", num_train=300, num_test=100, seed=0)
    words = ("the", "king", "queen", "man", "woman")
    vectors = (
        f"{word} {' '.join(str((n * i) % 7) for i in range(50))}\n" for n, word in enumerate(words)
    )
    (folder / "glove.6B.50d.txt").write_text("".join(vectors))
    with (folder / "reviews.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *demo.reviews(200, seed=1)])
    (folder / "reviews.txt").write_text("A fine film.\nA dull one.\n")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("name", "arguments"), COMMANDS, ids=[" ".join(c) for c in COMMANDS])
def test_a_command_of_the_readme_works(name, arguments, folder, run: Command):
    if "trainer=gpu" in arguments and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    tiny = [*TINY, "trainer.max_epochs=1", "data.demo_sizes=[300,100]"]
    if name == "report" and "runs/a" in arguments:
        for seed, run_folder in enumerate(("runs/a", "runs/b")):
            made = run(
                "train", "model=bag", "data=demo", f"name={run_folder[-1]}", f"seed={seed}", *tiny,
                f"hydra.run.dir={run_folder}", cwd=folder,
            )  # fmt: skip
            assert made.returncode == 0, made.stderr
    if "runs/..." in arguments:
        finished = folder / "run"
        if not finished.exists():
            made = run(
                "train", "model=bag", "data=demo", *tiny, f"hydra.run.dir={finished}", cwd=folder
            )
            assert made.returncode == 0, made.stderr
        if name == "train":
            (finished / "results.json").write_text('{"status": "interrupted"}')
        arguments, tiny = arguments.replace("runs/...", str(finished)), []
    elif "data" not in arguments:
        tiny.append("data=demo")
    if "sweep=shootout" in arguments:
        tiny.append("seed=1")
    if "sweep=tune" in arguments:
        tiny.append("sweep.trials=2")
    done = run(name, *shlex.split(arguments), *(tiny if name == "train" else []), cwd=folder)
    assert done.returncode == 0, done.stderr
    if name == "predict":
        lines = done.stdout.splitlines()
        assert len(lines) == 2
        assert all(re.match(r"(negative|positive)\t(0\.[5-9]|1\.0)\d*\t", line) for line in lines)
    if " -m " in f" {arguments} ":
        jobs = list(folder.glob("runs/sweep-*/*/results.json"))
        assert len(jobs) == 9
    if "sweep=shootout" in arguments:
        assert len(list(folder.glob("runs/shootout/*/results.json"))) == 8
