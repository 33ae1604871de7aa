"""What torch reads from the environment as it loads: set for users, unless they have set it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CHOSEN = {"OMP_WAIT_POLICY": "passive", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16"}


@pytest.mark.parametrize(
    "own", [{}, {"OMP_WAIT_POLICY": "active", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64"}]
)
def test_importing_the_package_sets_what_the_user_has_not(own):
    code = f"import os, rnn_sentiment; print(*(os.environ[name] for name in {list(CHOSEN)}))"
    others = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    done = subprocess.run(
        [sys.executable, "-c", code], env=others | own, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == list((CHOSEN | own).values())
