"""The commands of the README and of docs/ do what is said there."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from rnn_sentiment.data.sources import demo_reviews as demo
from tests.conftest import TINY, Command

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LEFT_OUT = ("FOLDER", "submitit_slurm")  # a synopsis; what needs a cluster
SELDOM = (  # real processes, many runs, or settings whose like another command has
    *("submitit_local", "trainer=ddp", "range(5)", "seed=1,2,3", "sweep=shootout", "sweep=tune"),
    *("sweep.until=settled", "pretrained=[", "profile=true", "ngrams=hashed"),
    *("tokenizer", "hidden_size=64", "experiment=length120", "widths", "num_layers=2"),
)


def commands() -> Iterator[tuple[str, str]]:
    """Name and arguments of every command line in the pages' blocks of bash."""
    for page in PAGES:
        for block in re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL):
            lines = re.sub(r" *\\\n *", " ", block)
            for name, arguments in re.findall(
                r"^python -m rnn_sentiment\.(\w+) (.+?)(?: +# .*)?$", lines, re.MULTILINE
            ):
                if not any(word in arguments for word in LEFT_OUT):
                    yield name, arguments


COMMANDS = list(dict.fromkeys(commands()))
PROGRAMS = [
    (page.name, block)
    for page in PAGES
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
]
FILES = {
    name: block
    for page in PAGES
    for name, block in re.findall(
        r"```(?:python|yaml)\n# (\w+\.\w+)\n(.*?)```", page.read_text(), re.DOTALL
    )
}  # that a page asks to be saved
RUN = "runs/..."  # in the pages, the folder of a finished run


def test_make_has_the_two_commands_and_ci_runs_the_second():
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    assert re.findall(r"^make (\w+)", readme, re.MULTILINE)[:2] == ["train", "test"]
    assert re.search(r"^train:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_the_pages_name_every_experiment():
    text = "\n".join(page.read_text() for page in PAGES)
    for experiment in (ROOT / "conf" / "experiment").glob("*.yaml"):
        assert f"`{experiment.stem}`" in text


def test_the_readme_is_short_and_shows_a_result_first():
    text = (ROOT / "README.md").read_text()
    assert len(text.split()) < 1400
    picture, first = text.index("!["), text.index("\n## ")
    assert picture < first


@pytest.mark.parametrize(("page", "program"), PROGRAMS, ids=[page for page, _ in PROGRAMS])
def test_a_program_works(page, program, finished_run, cache, monkeypatch, capsys):
    monkeypatch.setenv("RNN_SENTIMENT_CACHE", str(cache))  # with the kernels of that run
    exec(program.replace(RUN, str(finished_run)), {"__name__": "__main__"})
    printed = capsys.readouterr().out.split()
    assert all(0 <= float(number) <= 1 for number in printed)
    assert len(printed) == (2 if page == "README.md" else 0)


def write_csv(path: Path, rows: list[tuple[object, ...]], encoding: str = "utf-8") -> None:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the pages speak of."""
    folder = tmp_path_factory.mktemp("given")
    demo.write(folder / "folder", num_train=300, num_test=100, seed=0)
    words = ("the", "king", "queen", "man", "woman")
    vectors = (
        f"{word} {' '.join(str((n * i) % 7) for i in range(50))}\n" for n, word in enumerate(words)
    )
    (folder / "glove.6B.50d.txt").write_text("".join(vectors))
    rows = list(demo.reviews(200, seed=1))
    write_csv(folder / "reviews.csv", [("text", "label"), *rows])
    write_csv(folder / "old.csv", [("text", "label"), *rows, ("Très bien", 1)], "latin-1")
    write_csv(folder / "rows.csv", [(label, text) for text, label in rows])
    flags = [(text, label, 1 - label, len(text) % 2) for text, label in rows]
    write_csv(folder / "films.csv", [("text", "drama", "comedy", "war"), *flags])
    (folder / "reviews.txt").write_text("A fine film.\nA dull one.\n")
    for name, block in FILES.items():
        (folder / name).write_text(block)
    return folder


@pytest.fixture
def folder(given: Path, finished_run: Path, tmp_path: Path) -> Path:
    """An empty folder but for these files, and for runs that were finished before."""
    folder = tmp_path / "work"
    shutil.copytree(given, folder)
    shutil.copytree(finished_run, folder / "finished")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        pytest.param(
            *c, id=" ".join(c), marks=[pytest.mark.battery] * any(word in c[1] for word in SELDOM)
        )
        for c in COMMANDS
    ],
)
def test_a_command_works(name, arguments, folder, run: Command):
    if "trainer=gpu" in arguments and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    tiny = [*TINY, "trainer.max_epochs=1"]
    if "data=text_files" not in arguments:
        tiny.append("data.demo_sizes=[300,100]")
    more: list[str] = []
    if name == "report":
        for needed in dict.fromkeys(re.findall(r"runs/\w+", arguments)):
            shutil.copytree(folder / "finished", folder / needed / "run")
    elif name == "pretrain":
        more = [*tiny, "model.hidden_size=8", "data=demo"]
    elif "pretrained=" in arguments:
        more = [word for word in tiny if not word.startswith("embedding.dim")]
        more.append("data=demo")
        for direction in ("forward", "backward"):
            made = run(
                "pretrain", f"direction={direction}", "model.hidden_size=8", "data=demo", *tiny,
                f"hydra.run.dir=runs/{direction}", cwd=folder,
            )  # fmt: skip
            assert made.returncode == 0, made.stderr
    elif name == "train" and RUN in arguments:
        (folder / "finished" / "results.json").write_text('{"status": "interrupted"}')
    elif name == "train":
        more = tiny
        if "data" not in arguments:
            more.append("data=demo")
        if re.search("sweep=(smoke|shootout)|seed=1,2", arguments):
            more.append("seed=1")
        if "sweep=tune" in arguments:
            more.append("sweep.trials=2")
        if "sweep.until=settled" in arguments:
            more.append("sweep.max_seeds=3")
        if arguments == "sweep=shootout":
            more.append("experiment=capstone_rnn,length120_pooled")
        if arguments == "sweep=smoke":
            more.append("model=bag,gru")
    done = run(
        name, *shlex.split(arguments.replace(RUN, str(folder / "finished"))), *more, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    if name == "predict" and "out=" not in arguments:
        lines = done.stdout.splitlines()
        assert len(lines) == 2
        assert all(re.match(r"(negative|positive)\t(0\.[5-9]|1\.0)\d*\t", line) for line in lines)
    if name == "train":
        results = [json.loads(file.read_text()) for file in folder.rglob("results.json")]
        assert {found["status"] for found in results} == {"completed"}
        is_sweep = " -m " in f" {arguments} " or "sweep=" in arguments
        assert len(results) - 1 >= (2 if is_sweep else 0)
