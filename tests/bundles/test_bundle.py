"""A bundle answers as its run does, without Hydra and Lightning; a damaged one is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from rnn_sentiment import export
from rnn_sentiment.configuration import compose
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference import Predictor
from rnn_sentiment.inference.building import build
from rnn_sentiment.inference.explanation import explain
from rnn_sentiment.network import build_parts
from rnn_sentiment.outcome import OneOf
from tests.conftest import Command

TEXTS = ["A fine film.", "dull " * 900, "", "Ein Film! 🎬"]
FILES = ["README.md", "config.json", "model.safetensors", "tokenizer.json"]


def test_it_answers_as_its_run_does(bundle, finished_run):
    expected = Predictor.load(finished_run)(TEXTS)
    assert Predictor.load(bundle)(TEXTS) == expected
    assert Predictor.load(bundle.with_name("bundle.zip"))(TEXTS) == expected


def test_its_answers_are_explained(bundle):
    found = explain(Predictor.load(bundle), TEXTS[0])
    assert found.words.names() == ["A", "fine", "film"]


def test_it_holds_four_files_and_no_pickle(bundle):
    assert sorted(file.name for file in bundle.iterdir()) == FILES
    with zipfile.ZipFile(bundle.with_name("bundle.zip")) as archive:
        assert sorted(archive.namelist()) == FILES
        assert archive.read("config.json") == (bundle / "config.json").read_bytes()


def test_it_is_read_without_hydra_and_lightning(bundle):
    code = (
        "import sys\n"
        "for name in ('hydra', 'omegaconf', 'lightning', 'pytorch_lightning', 'datasets'):\n"
        "    sys.modules[name] = None\n"  # an import of it raises
        "from rnn_sentiment.inference import Predictor\n"
        f"assert Predictor.load({str(bundle)!r})(['A fine film.'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("model", ["bag", "conv1d", "gru", "lru", "stack"])
def test_a_model_is_built_as_hydra_builds_it(model):
    cfg = compose(f"model={model}", "ngrams=hashed", "ngrams.num_buckets=50")
    plain = {
        name: OmegaConf.to_container(cfg[name], resolve=True)
        for name in ("embedding", "ngrams", "model")
    }
    embedding = build(plain["embedding"], vocabulary_size=9)
    ngrams = build(plain["ngrams"], outcome=OneOf(2))
    encoder = build(plain["model"], input_dim=embedding.output_dim + ngrams.output_dim)
    for built, made in zip(
        (embedding, ngrams, encoder), build_parts(cfg, 9, OneOf(2)), strict=True
    ):
        assert str(built) == str(made)


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return shutil.copytree(bundle, tmp_path / "copy")


def change(folder: Path, **values: object) -> None:
    stated = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(stated | values))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_damaged_or_missing_file_is_named(copy, name):
    file = copy / name
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(UserError, match=name):
        Predictor.load(copy)
    file.unlink()
    with pytest.raises(UserError, match=name if name != "config.json" else "is not a run folder"):
        Predictor.load(copy)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"format": 3}, "newer version"),
        ({"labels": ["one"]}, "labels"),
        ({"colour": "red"}, "colour"),
        ({"model": {"_target_": "os.system", "command": "true"}}, "os.system is not an embedding"),
        ({"model": {"_target_": "rnn_sentiment.encoders.Encoder"}}, "missing"),
        ({"labels": ["a", "b", "c"]}, "another network"),
        ({"reading": {"max_length": -1}}, "max_length"),
    ],
)
def test_a_foreign_config_is_refused(copy, values, expected):
    change(copy, **values)
    with pytest.raises(UserError, match=expected):
        Predictor.load(copy)


def test_a_compressed_zip_file_is_refused(bundle, tmp_path):
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            archive.write(bundle / name, name)
    with pytest.raises(UserError, match="is compressed"):
        Predictor.load(file)
    (tmp_path / "other.zip").write_bytes(b"PK nothing")
    with pytest.raises(UserError, match="is not a bundle"):
        Predictor.load(tmp_path / "other.zip")


def test_a_bundle_for_onnxruntime_says_what_runs_it(copy, tmp_path):
    (copy / "model.safetensors").rename(copy / "model.onnx")
    archive = shutil.make_archive(str(tmp_path / "zipped"), "zip", copy)
    for place in (copy, Path(archive)):
        with pytest.raises(UserError, match=r"the script in its README\.md, or export without"):
            Predictor.load(place)


def test_a_folder_with_other_files_is_not_written_to(finished_run, bundle, tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UserError, match=r"thesis\.tex, which is not part of a bundle"):
        export.run([f"run={finished_run}", f"out={tmp_path}"])
    again = shutil.copytree(bundle, tmp_path / "again")
    (again / "model.onnx").touch()
    export.run([f"run={finished_run}", f"out={again}"])
    assert sorted(file.name for file in again.iterdir()) == FILES


def test_the_command_predicts_with_a_bundle(run: Command, bundle):
    done = run("predict", f"run={bundle}", "A fine film.")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\tA fine film.\n")
