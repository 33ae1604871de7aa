"""Commands: mistakes are one line, and an installed package has them all."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from rnn_sentiment.commands import one_line_errors
from rnn_sentiment.configuration import compose
from rnn_sentiment.errors import UserError
from rnn_sentiment.train import with_sweep
from tests.conftest import Command
from tests.test_configuration import FILES


def test_mistakes_exit_with_status_2_and_bugs_keep_their_traceback(capsys):
    def mistake() -> None:
        raise UserError("data.path=x is not a folder")

    with pytest.raises(SystemExit) as stop:
        one_line_errors(mistake)
    assert stop.value.code == 2
    assert capsys.readouterr().err == "error: data.path=x is not a folder\n"
    with pytest.raises(ZeroDivisionError):
        one_line_errors(lambda: print(1 / 0))


@pytest.mark.fault("b42", "b43", "b45")
@pytest.mark.parametrize(
    ("command", "arguments", "expected"),
    [
        ("train", ["modle=gru"], "did you mean 'model'"),
        (
            "train",
            ["model=gru", "data.path=nowhere"],
            "data.path=nowhere is neither a file nor a folder",
        ),
        ("train", ["resume=nowhere"], "is not a run folder"),
        ("train", ["a=[1,"], "no viable alternative at input '[1,'"),
        ("train", ["model._target_=os.system"], "unknown key in model"),
        ("train", ["-m", "seed="], "seed=''"),
        ("check", ["experiment=weather"], "experiment=weather reads numbers"),
        ("evaluate", [], "required: run= (see"),
        ("evaluate", ["run=nowhere"], "is not a run folder"),
        ("evaluate", ["rum=nowhere"], "unknown key 'rum'; did you mean 'run'?"),
        ("predict", ["run=nowhere", "text"], "is not a run folder"),
        ("predict", ["run=nowhere", "e=mc2"], "unknown key 'e'"),
        ("predict", ["run=nowhere", "file=missing.txt"], "missing.txt"),
    ],
)
def test_a_command_says_it_in_one_line(run: Command, command, arguments, expected):
    done = run(command, *arguments)
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_the_configuration_can_be_shown_without_a_run(run: Command):
    done = run("train", "--cfg", "job", "model=lstm")
    assert done.returncode == 0
    assert "cell: lstm" in done.stdout


@pytest.mark.slow
def test_the_built_wheel_runs_from_any_folder(tmp_path):
    """conf/ travels in the wheel; installed beside this environment's dependencies."""
    import subprocess
    import zipfile

    root = Path(__file__).parents[1]
    source = tmp_path / "source"
    shutil.copytree(
        root, source, ignore=shutil.ignore_patterns(".*", "runs", "*.egg-info", "__pycache__")
    )
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(tmp_path), str(source)],
        check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    shutil.rmtree(source)
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1));"
        "import rnn_sentiment, runpy; assert 'site' in rnn_sentiment.__file__;"
        "sys.argv[0] = 'train'; runpy.run_module('rnn_sentiment.train', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path / "site"), "--cfg", "job", "model=conv1d"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "widths" in done.stdout
    shipped = {p.relative_to(tmp_path / "site" / "rnn_sentiment" / "conf").with_suffix("")
               for p in (tmp_path / "site").rglob("conf/**/*.yaml")}  # fmt: skip
    assert {str(p) for p in shipped} == set(FILES)
    for file in ("hydra_plugins/rnn_sentiment_launcher.py", "rnn_sentiment/lectures/claims.yaml",
                 "rnn_sentiment/report/templates/report.html.jinja"):  # fmt: skip
        assert (tmp_path / "site" / file).exists()


@pytest.mark.parametrize("command", ["train", "check", "pretrain"])
def test_help_begins_with_a_purpose_and_examples_that_compose(run, command):
    purpose, _, title, *lines = run(command, "--help").stdout.splitlines()
    assert purpose.endswith(".")
    assert title == "examples:"
    examples = [shlex.split(line) for line in takewhile(str.strip, lines)]
    assert len(examples) > 1
    for _, _, module, *words in examples:
        name = module.removeprefix("rnn_sentiment.")
        plain = [word for word in with_sweep(words) if "," not in word and word != "-m"]
        compose(*(word for word in plain if not word.startswith("pretrained=")), name=name)


@pytest.mark.parametrize("command", ["predict", "evaluate", "export", "report", "neighbours"])
def test_help_shows_keys_as_they_are_written(run, command):
    purpose, _, title, *lines = run(command, "--help").stdout.splitlines()
    assert purpose.endswith(".")
    assert title == "examples:"
    keys = {word.split("=")[0] for line in takewhile(str.strip, lines) for word in line.split()
            if "=" in word}  # fmt: skip
    assert keys <= {found[1] for line in lines if (found := re.match(r"  (\w+)=\S", line))} | {
        "data.path"
    }
    assert not [line for line in lines if "--" in line and "--help" not in line]
