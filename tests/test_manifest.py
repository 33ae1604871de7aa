"""What a run folder holds is what the run wrote, and nothing in it is run."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from rnn_sentiment import manifest, runs, seal
from rnn_sentiment.classifier import Classifier
from rnn_sentiment.errors import Interrupted, UserError
from rnn_sentiment.inference import Predictor
from rnn_sentiment.report.loading import read_run
from rnn_sentiment.training.rescoring import rescore
from rnn_sentiment.training.run import resumed_config
from tests.training.test_resume import MODELS, STEPS, configuration, kill, train


@pytest.fixture(scope="module")
def finished(corpus: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    cfg = configuration(corpus, cache, *MODELS["gru"])
    found = train(cfg, folder)
    runs.save_overrides(folder, [])
    runs.save_results(folder, {**found, "status": "completed", "error": None})
    manifest.seal(folder)
    return folder


@pytest.fixture
def run_folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def flip(file: Path) -> None:
    contents = bytearray(file.read_bytes())
    contents[len(contents) // 2] ^= 1
    file.write_bytes(bytes(contents))


READERS = {
    "predict": (Predictor.load, manifest.READ_TO_PREDICT),
    "evaluate": (rescore, (*manifest.READ_TO_PREDICT, "results.json")),
    "report": (read_run, manifest.READ_TO_REPORT),
    "resume": (
        lambda folder: resumed_config(folder, OmegaConf.create({"resume": str(folder)}), []),
        manifest.READ_TO_RESUME,
    ),
}
CASES = [(reader, name) for reader, (_, names) in READERS.items() for name in names]


@pytest.mark.fault("d2")
@pytest.mark.parametrize(("reader", "name"), CASES)
def test_one_flipped_bit_is_refused(reader, name, run_folder):
    if not (run_folder / name).exists():  # not every run has it
        (run_folder / name).write_text("{}")
        manifest.seal(run_folder)
    flip(run_folder / name)
    with pytest.raises(
        UserError, match=r"has changed since the run wrote it|is damaged|is not JSON|cannot be"
    ):
        READERS[reader][0](run_folder)


def test_an_untouched_run_is_read(run_folder):
    Predictor.load(run_folder)
    read_run(run_folder)
    assert rescore(run_folder).comparison == "identical to results.json"


def test_a_damaged_manifest_is_refused(run_folder):
    file = run_folder / "manifest.json"
    stated = json.loads(file.read_text())
    stated["files"]["tokenizer.json"] = "0" * 64
    file.write_text(json.dumps(stated))
    with pytest.raises(UserError, match=r"manifest\.json is damaged"):
        Predictor.load(run_folder)


def test_a_change_on_purpose_is_accepted_by_seal(run_folder, capsys):
    cfg = runs.load_config(run_folder)
    cfg.data.reading.max_length = 7
    runs.save_config(run_folder, cfg)
    with pytest.raises(UserError, match=r"rnn_sentiment\.seal run="):
        Predictor.load(run_folder)
    seal.run([f"run={run_folder}"])
    assert Predictor.load(run_folder).reading.max_length == 7


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists")
def test_a_resumed_run_that_is_killed_can_still_be_used(corpus, cache, tmp_path, monkeypatch):
    cfg = configuration(corpus, cache, *MODELS["gru"])
    for resume in (False, True):
        with monkeypatch.context() as patched:
            kill(patched, Classifier, "training_step", STEPS + 1)
            with pytest.raises(Interrupted):
                train(cfg, tmp_path, resume)
        if not resume:
            manifest.seal(tmp_path)  # as a run that is told to stop does
    checkpoints = tmp_path / "checkpoints"
    shutil.copy(checkpoints / "last.ckpt", checkpoints / "best.ckpt")  # as a better epoch would
    assert Predictor.load(tmp_path)(["A fine film."])


def test_results_that_were_never_sealed_are_not_reported(run_folder):
    stated = json.loads((run_folder / "manifest.json").read_text())["files"]
    del stated["results.json"]
    file = {"files": stated, "sha256": manifest.own_digest(stated)}
    (run_folder / "manifest.json").write_text(json.dumps(file))
    with pytest.raises(UserError, match="continue with resume="):
        read_run(run_folder)


def test_another_vocabulary_or_other_classes_are_noticed(run_folder):
    corpus = json.loads((run_folder / "corpus.json").read_text())
    corpus["labels"] = ["bad", "good"]
    (run_folder / "corpus.json").write_text(json.dumps(corpus))
    manifest.seal(run_folder)
    with pytest.raises(UserError, match="names the classes bad, good"):
        rescore(run_folder)


def test_without_results_nothing_is_called_identical(run_folder):
    (run_folder / "results.json").unlink()
    manifest.seal(run_folder)
    assert "no results.json to compare with" in rescore(run_folder).comparison
    (run_folder / "results.json").write_text("[]")
    manifest.seal(run_folder)
    with pytest.raises(UserError, match="damaged"):
        rescore(run_folder)


TARGETS = [
    "os.system",
    "subprocess.run",
    "lightning.pytorch.cli.instantiate_class",
    "rnn_sentiment.training.classification.fit_and_test",
    "lightning.Trainer",
    "torch.load",
    "pathlib.Path.touch",
]


@pytest.mark.fault("s2")
@pytest.mark.parametrize(
    ("key", "target"),
    [
        *(("model.layers", target) for target in TARGETS),
        *((key, "os.system") for key in ("model", "embedding", "data.reading")),
    ],
)
def test_what_a_stranger_names_is_not_built(key, target, run_folder):
    cfg = OmegaConf.load(run_folder / ".hydra" / "config.yaml")
    OmegaConf.update(cfg, f"{key}._target_", target)
    OmegaConf.save(cfg, run_folder / ".hydra" / "config.yaml")
    manifest.seal(run_folder)
    for use in (Predictor.load, rescore):
        with pytest.raises(UserError, match="refused"):
            use(run_folder)


@pytest.mark.fault("s2")
@pytest.mark.parametrize("key", ["model.dropout", "embedding", "scheduler", "data.cache"])
def test_interpolations_of_a_stranger_are_not_resolved(key, run_folder, tmp_path):
    canary = tmp_path / "canary"
    text = f"${{oc.create:{{_target_:pathlib.Path.touch,self:{canary}}}}}"
    cfg = OmegaConf.load(run_folder / ".hydra" / "config.yaml")
    OmegaConf.update(cfg, key, text, merge=False)
    OmegaConf.save(cfg, run_folder / ".hydra" / "config.yaml")
    manifest.seal(run_folder)
    with pytest.raises(UserError):
        rescore(run_folder)
    assert not canary.exists()


@pytest.mark.fault("s2")
@pytest.mark.parametrize("section", ["optimizer", "scheduler", "trainer", "callbacks.history"])
def test_predicting_and_scoring_build_no_optimizer_trainer_or_callback(section, run_folder):
    cfg = OmegaConf.load(run_folder / ".hydra" / "config.yaml")
    OmegaConf.update(cfg, f"{section}._target_", "os.system")
    OmegaConf.save(cfg, run_folder / ".hydra" / "config.yaml")
    manifest.seal(run_folder)
    Predictor.load(run_folder)
    with pytest.raises(UserError, match="refused"):
        resumed_config(run_folder, OmegaConf.create({"resume": "."}), [])


def rewrite(file: Path, change) -> None:
    checkpoint = torch.load(file, weights_only=True)
    change(checkpoint["state_dict"])
    torch.save(checkpoint, file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights["head.bias"].fill_(float("nan")), "weights that are not finite"),
        (lambda weights: weights.pop("head.bias"), "belongs to another network"),
        (
            lambda weights: weights.update({"embedding.table.weight": torch.zeros(3, 8)}),
            "belongs to another network",
        ),
    ],
)
def test_weights_that_cannot_be_used_are_one_line(change, message, run_folder):
    rewrite(run_folder / "checkpoints" / "best.ckpt", change)
    manifest.seal(run_folder)
    with pytest.raises(UserError, match=message):
        Predictor.load(run_folder)


@pytest.mark.fault("b66")
def test_a_compressed_checkpoint_is_refused(run_folder):
    file = run_folder / "checkpoints" / "best.ckpt"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"0" * 10_000_000)
    manifest.seal(run_folder)
    with pytest.raises(UserError, match="is compressed"):
        Predictor.load(run_folder)
