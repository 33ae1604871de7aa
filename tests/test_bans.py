"""What the code never does, the versions it never runs with, the secrets it never keeps."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import SECRET

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    file for name in ("rnn_sentiment", "hydra_plugins", "benchmarks")
    for file in (ROOT / name).rglob("*.py")
)  # fmt: skip
PICKLES = [
    r"\bpickle\.(?!UnpicklingError)", r"\bimport (dill|cloudpickle|joblib|marshal|shelve)\b",
    r"\byaml\.(unsafe_|full_)?load(_all)?\(", r"allow_pickle", r"weights_only=(?!True)",
    r"torch\.load\((?![^)]*weights_only=True)",
]  # fmt: skip
REMOTE = [r"trust_remote_code", r"torch\.hub\.", r"(?<![\w.])(eval|exec)\(", r"shell=True"]


def code(file: Path) -> str:
    """The text of a module without comments and without what stands in back quotes."""
    return re.sub(r"#.*|`[^`\n]*`", "", file.read_text())


def found(patterns: list[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}: {hit[0]}"
        for file in SOURCES for pattern in patterns for hit in re.finditer(pattern, code(file))
    ]  # fmt: skip


@pytest.mark.fault("s4")
def test_nothing_is_unpickled():
    assert len(SOURCES) > 100
    assert not found(PICKLES)


@pytest.mark.fault("s5")
def test_nothing_is_evaluated_or_fetched_to_be_run():
    assert not found(REMOTE)


@pytest.mark.parametrize(
    "line",
    [
        "pickle.load(file)", "import dill", "yaml.load(text)", "np.load(f, allow_pickle=True)",
        "torch.load(f, weights_only=False)", "torch.load(f)", "yaml.unsafe_load(text)",
    ],
)  # fmt: skip
def test_the_patterns_find_what_they_should(line):
    assert any(re.search(pattern, line) for pattern in PICKLES)


BAD = {
    "lightning": ["2.6.2", "2.6.3", "2.6.5"],  # two of them malicious, one runs what is loaded
    "torch": ["2.5.1", "2.9.1"],  # weights-only loading had holes
    "hydra-core": ["1.3.2", "1.3.7"],
    "filelock": ["3.20.0", "3.20.2"],  # followed links
    "pyarrow": ["14.0.0"],  # unpickled extension types
}


@pytest.mark.fault("s10")
@pytest.mark.parametrize("name", BAD)
def test_versions_with_known_holes_are_out_of_bounds(name):
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (bounds,) = [r.specifier for r in map(Requirement, stated) if r.name == name]
    assert not [version for version in BAD[name] if version in bounds]


@pytest.mark.fault("s9")
def test_a_token_is_written_nowhere(finished_run, cache):
    """The run was trained with SECRET as HF_TOKEN."""
    files = [file for folder in (finished_run, cache) for file in folder.rglob("*")]
    written = [file for file in files if file.is_file()]
    assert finished_run / "checkpoints" / "last.ckpt" in written
    assert not [file for file in written if SECRET.encode() in file.read_bytes()]
