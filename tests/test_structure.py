"""Imports run in one direction: a station imports only from the stations before its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rnn_sentiment"
Order = dict[str, int]  # the place of each station; 0 for the modules that all share


def stated_order() -> Order:
    """The order that CONTRIBUTING.md states."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (block,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    steps = [step.replace(",", " ").split() for step in block.split("->")]
    return {name: place for place, names in enumerate(steps) for name in names}


def full_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of all that a module of `package` imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: 1 - node.level or None] if node.level else []
            start = ".".join([*above, *filter(None, [node.module])])
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def violations(source: str, module: str, order: Order, package: str | None = None) -> list[str]:
    """The imports of a module that break the order.

    Commands, that is `__main__` and root modules without a place, import any station, and nothing
    imports them.
    """
    own = [*module.split("."), ""][1]
    place = order.get(own, -1)
    is_command = module.endswith(".__main__") or (own != "" and own not in order)
    found = []
    for line, name in imports(source, package or module.rpartition(".")[0]):
        root, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if root != PACKAGE.name or other in ("", own, "__version__"):
            continue
        if other not in order or "__main__" in rest:
            found.append(f"{module}, line {line}: imports the command {name}")
        elif not (is_command or order[other] < place or order[other] == place == 0):
            found.append(f"{module}, line {line}: imports {name}")
    return found


def test_each_module_imports_only_from_stations_before_its_own():
    order, found = stated_order(), []
    for file in sorted(PACKAGE.rglob("*.py")):
        name = full_name(file)
        package = name if file.stem == "__init__" else None
        found += violations(file.read_text(), name, order, package)
    assert not found, "\n".join(["", *found])


def test_the_order_names_every_station_and_nothing_else():
    folders = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    modules = {file.stem for file in PACKAGE.glob("*.py")}
    order = stated_order()
    assert folders <= set(order), "CONTRIBUTING.md: a station has no place in the order"
    assert set(order) <= folders | modules, "CONTRIBUTING.md: the order names what is not there"


ORDER = {"types": 0, "errors": 0, "data": 1, "training": 2, "report": 3, "inference": 3}


@pytest.mark.parametrize(
    ("module", "source", "is_right"),
    [
        ("training.run", "from rnn_sentiment.data import Corpus", True),
        ("training.run", "from rnn_sentiment import types, errors", True),
        ("training.run", "from rnn_sentiment.training import build", True),
        ("errors", "from rnn_sentiment.types import Batch", True),
        ("report.page", "import torch, rnn_sentiment.training.run", True),
        ("train", "from rnn_sentiment.report import page", True),
        ("data.__main__", "from rnn_sentiment.report import page", True),
        ("data.corpus", "from rnn_sentiment.training import run", False),
        ("data.corpus", "from rnn_sentiment import report", False),
        ("data.corpus", "def f():\n    from rnn_sentiment.training.run import train", False),
        ("data.corpus", "if TYPE_CHECKING:\n    import rnn_sentiment.training.run", False),
        ("data.sources.hub", "from ...training import run", False),
        ("data.sources.hub", "from ..corpus import Corpus", True),
        ("report.page", "from rnn_sentiment.inference import Predictor", False),
        ("errors", "from rnn_sentiment.data import Corpus", False),
        ("report.page", "from rnn_sentiment.train import main", False),
        ("report.page", "from rnn_sentiment.training.__main__ import main", False),
    ],
)  # fmt: skip
def test_an_import_against_the_order_is_found(module, source, is_right):
    assert (violations(source, f"rnn_sentiment.{module}", ORDER) == []) == is_right
