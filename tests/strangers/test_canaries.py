"""Whatever a stranger writes into a run folder, reading it runs nothing and writes nowhere else."""

from __future__ import annotations

import copy
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
import yaml

from rnn_sentiment import manifest
from tests.strangers.conftest import READERS, outcome
from tests.strangers.watch import WATCH

pytestmark = pytest.mark.fault("d1")


def canaries(place: Path) -> list[Any]:
    """Values that would leave a file at `place` where anything took them at their word."""
    touch = f"touch {place}"
    return [
        {"_target_": "os.system", "command": touch},
        {"_target_": "pathlib.Path.touch", "_args_": [str(place)], "_partial_": False},
        [{"_target_": "subprocess.run", "args": ["touch", str(place)]}],
        {"_target_": "lightning.pytorch.cli.instantiate_class", "init": {"class_path": "os.abort"}},
        f"${{oc.create:{{_target_:pathlib.Path.touch,self:{place}}}}}",
        f"__import__('os').system({touch!r})",
        "canary_module.Canary",
        f"$({touch}); `{touch}` | {touch}",
        str(place),
        f"../../../../../../../../..{place}",
        "http://127.0.0.1:9/canary",
        {"_instantiator": "os.system", "_class_path": "os.system", "init_args": touch},
        "{{ self.__init__.__globals__.os.system('" + touch + "') }}",
    ]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values in plain dicts and lists, two of long ones' entries."""
    if path:
        yield path
    keys: list[Any] = list(node) if isinstance(node, dict) else []
    if isinstance(node, list):
        keys = list(range(len(node)))
    for key in keys[: 2 if len(keys) > 40 else None]:
        yield from places(node[key], (*path, key))


def put(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a node with another value at a path."""
    found = copy.deepcopy(node)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return found


TEXTS: dict[str, tuple[Callable[[str], Any], Callable[[Any], str], tuple[str, ...]]] = {
    ".hydra/config.yaml": (yaml.safe_load, yaml.safe_dump, tuple(READERS)),
    ".hydra/overrides.yaml": (yaml.safe_load, yaml.safe_dump, ("report",)),
    "tokenizer.json": (json.loads, json.dumps, ("predict", "neighbours")),
    "corpus.json": (json.loads, json.dumps, ("predict", "evaluate")),
    "embedding.json": (json.loads, json.dumps, ("resume",)),
    "results.json": (json.loads, json.dumps, ("evaluate", "report")),
    "gradient_flow.json": (json.loads, json.dumps, ("report",)),
}


def read_watched(reader: str, folder: Path, cache: Path, place: Path) -> None:
    with WATCH.on(folder, cache):
        outcome(READERS[reader], folder)
    assert not place.exists()


def watch_all(name: str, complete: Path, cache: Path, tmp_path: Path, every: int) -> None:
    """Put canaries into the fields of a file, one at a time, and read the run by turns."""
    load, dump, readers = TEXTS[name]
    place = tmp_path / "canary"
    stated = load((complete / name).read_text())
    cases = [(path, value) for path in places(stated) for value in canaries(place)]
    for number, (path, value) in enumerate(cases[::every]):
        folder = tmp_path / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(complete, folder)
        (folder / name).write_text(dump(put(stated, path, value)))
        manifest.seal(folder)
        read_watched(readers[number % len(readers)], folder, cache, place)


@pytest.mark.parametrize(
    "name",
    [pytest.param(manifest.CONFIG, marks=pytest.mark.battery), "tokenizer.json", "corpus.json"],
)
def test_some_fields_of_a_file(name, warm, cache, tmp_path):
    watch_all(name, warm, cache, tmp_path, every=29)


@pytest.mark.battery
@pytest.mark.parametrize("name", TEXTS)
def test_every_field_of_every_file(name, warm, cache, tmp_path):
    watch_all(name, warm, cache, tmp_path, every=1)


class Attack:
    """What a pickle makes of this is a file at `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return Path.touch, (self.place,)


def attack_vectors(folder: Path, place: Path) -> None:
    array = np.array([Attack(place)], dtype=object)
    np.save(folder / "initial_vectors.npy", array, allow_pickle=True)


def attack_checkpoints(folder: Path, place: Path) -> None:
    for file in (folder / "checkpoints").iterdir():
        checkpoint = torch.load(file, weights_only=True)
        torch.save(checkpoint | {"callbacks": {"History": Attack(place)}}, file)


def attack_manifest(folder: Path, place: Path) -> None:
    value = canaries(place)[0]
    for text in (json.dumps(value), pickle.dumps(Attack(place)).decode("latin-1")):
        (folder / "manifest.json").write_text(text)


def attack_tags(folder: Path, place: Path) -> None:
    for name in ("config", "overrides"):
        text = f"model: !!python/object/apply:os.system ['touch {place}']\n"
        (folder / ".hydra" / f"{name}.yaml").write_text(text)


def attack_predictions(folder: Path, place: Path) -> None:
    file = folder / "predictions.parquet"
    table = pq.read_table(file)
    metadata = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": pickle.dumps(Attack(place)),
        "pandas": json.dumps({"index_columns": [canaries(place)[5]], "columns": []}),
    }
    field = table.schema.field("row_id").with_metadata(metadata)
    schema = table.schema.set(0, field).with_metadata(metadata)
    pq.write_table(table.cast(schema), file)


def attack_links(folder: Path, place: Path) -> None:
    for name in ("predictions.parquet", "curves.png", ".results.json.1", "tensorboard"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(place)


def attack_modules(folder: Path, place: Path) -> None:
    for name in ("hydra_plugins", "rnn_sentiment", "torch", "sitecustomize"):
        (folder / f"{name}.py").write_text(f"import pathlib; pathlib.Path({str(place)!r}).touch()")


ATTACKS = {
    "initial_vectors.npy": attack_vectors,
    "checkpoints": attack_checkpoints,
    "manifest.json": attack_manifest,
    "tags": attack_tags,
    "predictions.parquet": attack_predictions,
    "links": attack_links,
    "modules": attack_modules,
}


HEAVY = pytest.mark.battery


@pytest.mark.fault("s1", "s2")
@pytest.mark.parametrize(
    "attack",
    [
        attack if attack in ("checkpoints", "tags") else pytest.param(attack, marks=HEAVY)
        for attack in ATTACKS
    ],
)
def test_files_that_could_hold_a_program(attack, warm, cache, tmp_path):
    place = tmp_path / "canary"
    for reader in READERS:
        folder = tmp_path / reader
        shutil.copytree(warm, folder)
        ATTACKS[attack](folder, place)
        if attack != "manifest.json":
            manifest.seal(folder)
        read_watched(reader, folder, cache, place)


def test_a_link_is_refused_before_anything_is_written(warm, tmp_path):
    folder, place = tmp_path / "run", tmp_path / "mine"
    shutil.copytree(warm, folder)
    place.write_text("mine")
    attack_links(folder, place)
    manifest.seal(folder)
    kind, line = outcome(READERS["resume"], folder)
    assert kind == "refused"
    assert "is a link" in line
    assert place.read_text() == "mine"


def test_a_log_that_leads_out_of_the_folder_is_refused(warm, tmp_path):
    for key, name in (("logger.tensorboard.name", "../../x"), ("callbacks.best_checkpoint", "/x")):
        folder = tmp_path / key
        shutil.copytree(warm, folder)
        cfg = yaml.safe_load((folder / manifest.CONFIG).read_text())
        section, _, part = key.partition(".")
        target = cfg[section][part.split(".")[0]]
        target["name" if section == "logger" else "filename"] = name
        (folder / manifest.CONFIG).write_text(yaml.safe_dump(cfg))
        manifest.seal(folder)
        kind, line = outcome(READERS["resume"], folder)
        assert kind == "refused"
        assert "leads out of the run folder" in line


def test_the_watch_sees_what_it_should(tmp_path):
    for deed in (
        lambda: (tmp_path / "other").touch(),
        lambda: __import__("os").system("true"),
        lambda: zipfile.ZipFile(tmp_path / "x.zip", "w").close(),
        lambda: pickle.loads(pickle.dumps(Attack(tmp_path / "y"))),
        lambda: __import__("canary_module"),
    ):
        with pytest.raises(AssertionError), WATCH.on(tmp_path / "run"), suppress(ImportError):
            deed()
