"""Figures printed in the lectures for the systems that experiments reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def load_references() -> dict[str, dict[str, Any]]:
    """The printed figures by experiment: `source`, `parameters`, `test_accuracy` and others."""
    text = Path(__file__).with_name("references.yaml").read_text()
    references: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return references
