"""Checkpoints that are none, or another's: one line, and nothing in them is executed."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from typing import Any

import pytest
import torch

from rnn_sentiment import manifest
from rnn_sentiment.checkpoints import load_checkpoint
from rnn_sentiment.errors import UserError
from tests.strangers.conftest import (
    change_checkpoint,
    change_json,
    neighbours,
    outcome,
    predict,
    refusal,
    resume,
)

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 12345\n"


def legacy(contents: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(contents, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


FILES = [
    pytest.param(lambda b: b"", "is damaged", id="0 bytes", marks=pytest.mark.fault("b58")),
    pytest.param(
        lambda b: b[: len(b) // 2], "is damaged", id="half", marks=pytest.mark.fault("b59")
    ),
    pytest.param(
        lambda b: b[:-1], "is damaged", id="last byte cut", marks=pytest.mark.fault("b60")
    ),
    pytest.param(
        lambda b: b"<!DOCTYPE html><title>404</title>", "is damaged", id="HTML",
        marks=pytest.mark.fault("b61"),
    ),
    pytest.param(lambda b: LFS, "is damaged", id="LFS pointer", marks=pytest.mark.fault("b62")),
    pytest.param(
        lambda b: pickle.dumps({"state_dict": {}}), "is damaged", id="bare pickle",
        marks=pytest.mark.fault("b63"),
    ),
    pytest.param(lambda b: legacy({"state_dict": {}}), "is damaged", id="torch's old format"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "what"), FILES)
def test_a_file_that_is_no_checkpoint_is_one_line(change, what, run_folder):
    file = run_folder / "checkpoints" / "best.ckpt"
    file.write_bytes(change(file.read_bytes()))
    manifest.seal(run_folder)
    assert what in refusal(predict, run_folder)
    assert str(file) in refusal(neighbours, run_folder)


@pytest.mark.fault("b57")
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda file: file.symlink_to("/dev/zero")])
def test_what_is_no_file_is_not_opened(make, run_folder):
    file = run_folder / "checkpoints" / "best.ckpt"
    file.unlink()
    make(file)
    manifest.seal(run_folder)
    assert str(file) in refusal(predict, run_folder)


@pytest.mark.fault("b56")
def test_a_missing_checkpoint_is_named(run_folder):
    (run_folder / "checkpoints" / "best.ckpt").unlink()
    assert "best.ckpt is missing" in refusal(predict, run_folder)
    manifest.seal(run_folder)
    assert "no such checkpoint" in refusal(predict, run_folder)


@pytest.mark.fault("b66")
def test_entries_that_share_their_bytes_are_refused(tmp_path):
    file = tmp_path / "bomb.ckpt"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", bytes(100_000))
        (entry,) = archive.infolist()
        archive.filelist += [entry] * 1000  # the directory lists it a thousand times more
    with pytest.raises(UserError, match="entries are larger than the file"):
        load_checkpoint(file)


@pytest.mark.fault("b64", "b65", "s1")
@pytest.mark.parametrize("key", ["_instantiator", "_class_path"])
def test_what_a_checkpoint_names_is_not_called(key, run_folder, tmp_path):
    canary = tmp_path / "canary"

    def name_it(checkpoint: dict[str, Any]) -> None:
        named = {key: "pathlib.Path.touch", "init_args": {"self": str(canary)}, "self": str(canary)}
        checkpoint |= {"hyper_parameters": named, "hparams_name": key, **named}
        checkpoint["datamodule_hyper_parameters"] = named

    for name in ("best.ckpt", "last.ckpt"):
        change_checkpoint(run_folder, name_it, name)
    predict(run_folder)
    outcome(resume, run_folder)
    assert not canary.exists()


CONTENTS = {
    "a list": lambda c: [c],
    "no weights": lambda c: c.pop("state_dict") and None,
    "weights by number": lambda c: c.update(state_dict={1: torch.zeros(1)}),
    "weights that are texts": lambda c: c.update(state_dict={"head.bias": "x"}),
    "a list of callbacks": lambda c: c.update(callbacks=[]),
}


@pytest.mark.parametrize("what", CONTENTS)
def test_a_checkpoint_of_another_form_is_one_line(what, run_folder):
    change_checkpoint(run_folder, CONTENTS[what], "best.ckpt")
    assert "is not a run's checkpoint" in refusal(predict, run_folder)


WEIGHTS = {
    "another architecture": lambda w: {k.replace("encoder", "other"): w[k] for k in w},
    "another vocabulary": lambda w: w | {"embedding.table.weight": torch.zeros(3, 8)},
    "sparse": lambda w: w | {"head.bias": w["head.bias"].to_sparse()},
}


@pytest.mark.fault("b67", "b68")
@pytest.mark.parametrize("what", WEIGHTS)
def test_weights_of_another_network_are_one_line(what, run_folder):
    change_checkpoint(
        run_folder, lambda c: c.update(state_dict=WEIGHTS[what](c["state_dict"])), "best.ckpt"
    )
    kind, line = outcome(predict, run_folder)
    assert kind == "answer" or "belongs to another network" in line
    assert kind == "refused" or what == "sparse"


@pytest.mark.fault("b70")
@pytest.mark.parametrize("name", ["head.bias", "ngrams.ratios"])
def test_weights_that_are_not_finite_are_refused(name, run_folder):
    def spoil(checkpoint):
        checkpoint["state_dict"][name].fill_(float("nan"))

    change_checkpoint(run_folder, spoil, "best.ckpt")
    assert "not finite" in refusal(predict, run_folder)


@pytest.mark.fault("b69")
def test_a_run_of_a_newer_version_is_not_guessed_at(run_folder):
    change_json(run_folder / "manifest.json", lambda stated: None)
    text = (run_folder / "manifest.json").read_text()
    (run_folder / "manifest.json").write_text(text.replace('"format": 1', '"format": 2'))
    assert "newer version of rnn_sentiment" in refusal(predict, run_folder)


STATES = {
    "newer": (lambda c: c.update({"pytorch-lightning_version": "99.0"}), "written by lightning 99"),
    "no version": (lambda c: c.update({"pytorch-lightning_version": "x"}), "Invalid version"),
    "no loops": (lambda c: c.pop("loops") and None, "it has no loops"),
    "other loops": (lambda c: c["loops"].update(fit_loop=3), "cannot be continued"),
    "no optimizer": (lambda c: c.update(optimizer_states=[]), "cannot be continued"),
    "other optimizer": (lambda c: c.update(optimizer_states=[{"state": 3}]), "cannot be continued"),
    "other schedule": (lambda c: c.update(lr_schedulers=[[1]]), "cannot be continued"),
    "other weights": (lambda c: [c["state_dict"].pop("head.bias")], "cannot be continued"),
}


@pytest.mark.battery
@pytest.mark.fault("b69", "b67")
@pytest.mark.parametrize("what", STATES)
def test_a_state_that_cannot_be_continued_is_one_line(what, run_folder):
    change, message = STATES[what]

    def rewrite(checkpoint: dict[str, Any]) -> None:
        change(checkpoint)

    for name in ("last.ckpt", "best.ckpt"):  # else it goes on from the one that is whole
        change_checkpoint(run_folder, rewrite, name)
    line = refusal(resume, run_folder)
    assert message in line
    assert str(run_folder / "checkpoints") in line
