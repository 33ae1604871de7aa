"""Compile the kernels once for a processor, and cache them.

<cache>/kernels/<key>.so        the library; the key names everything it depends on
<cache>/kernels/<key>.sha256    its checksum: a damaged library could end the process at a call
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import logging
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import torch

from rnn_sentiment.storage import locked

log = logging.getLogger(__name__)

SOURCE = Path(__file__).parent / "source"
COMPILERS = ("c++", "g++", "clang++")  # without $CXX, the first that is there
FLAGS = ("-std=c++17", "-O3", "-shared", "-fPIC", "-pthread")
LIMIT = 300  # seconds that a compiler may take


class BuildError(RuntimeError):
    """The library cannot be built; the message gives the reason in one line."""


def library() -> ctypes.CDLL:
    """The compiled kernels, from the cache or built now.

    Raises:
        BuildError: there is no compiler, or it or the loader fails.
    """
    found = _find()
    if isinstance(found, BuildError):
        raise found
    return found


@functools.cache
def _find() -> ctypes.CDLL | BuildError:
    try:
        return _load_or_build()
    except BuildError as error:
        return error
    except OSError as error:
        return BuildError(f"the CPU kernels cannot be kept or loaded: {error}")


def _load_or_build() -> ctypes.CDLL:
    compiler = find_compiler()
    cache = Path(os.environ.get("RNN_SENTIMENT_CACHE", "~/.cache/rnn_sentiment")).expanduser()
    file = cache / "kernels" / f"{key(compiler)}.so"
    with locked(file):
        if _intact(file):
            try:
                return ctypes.CDLL(str(file))
            except OSError as error:
                log.warning("%s does not load (%s); building it again.", file, error)
        _build(compiler, file)
        return ctypes.CDLL(str(file))


def find_compiler() -> list[str]:
    """The command of a C++ compiler: $CXX, or the first of `COMPILERS` on the path."""
    chosen = os.environ.get("CXX")
    command = (
        shlex.split(chosen) if chosen else next(filter(None, map(shutil.which, COMPILERS)), "")
    )
    if not command:
        raise BuildError("no C++ compiler")
    return [command] if isinstance(command, str) else command


def key(compiler: list[str]) -> str:
    """Names a build by its sources, compiler, flags, torch and processor."""
    digest = hashlib.sha256()
    for file in sorted(SOURCE.iterdir()):
        digest.update(file.read_bytes())
    digest.update(_run([*compiler, "--version"]).encode())
    digest.update(repr((compiler, flags(), torch.__version__, processor())).encode())
    return digest.hexdigest()[:32]


def flags() -> list[str]:
    """The compiler's flags, above all for this processor's instructions."""
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    return [*FLAGS, "-march=native" if x86 else "-mcpu=native"]


def processor() -> str:
    """The processor's instruction sets, as far as the system lists them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = ("model name", "flags", "Features", "CPU part")
    return "\n".join(sorted({line for line in lines if line.startswith(names)}))


def _build(compiler: list[str], file: Path) -> None:
    log.info("compiling the CPU kernels, once for this machine")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        built = Path(folder) / file.name
        _run([*compiler, *flags(), str(SOURCE / "kernels.cpp"), "-o", str(built)])
        checksum = built.with_suffix(".sha256")
        checksum.write_text(hashlib.sha256(built.read_bytes()).hexdigest())
        os.replace(checksum, file.with_suffix(".sha256"))
        os.replace(built, file)
    seconds = time.perf_counter() - start
    log.info("compiled the CPU kernels in %.1f s (kept in %s)", seconds, file.parent)


def _intact(file: Path) -> bool:
    try:
        checksum = file.with_suffix(".sha256").read_text()
        return checksum == hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        return False


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=LIMIT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"the C++ compiler does not run: {error}") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        found = next((line for line in lines if "error" in line), lines[-1] if lines else "")
        raise BuildError(f"{command[0]} ended with status {done.returncode}: {found}")
    return done.stdout
