"""Files that last: written in one step, and read with care, since they may come from a stranger."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any, TypeVar

from filelock import FileLock

from rnn_sentiment import machine
from rnn_sentiment.errors import MachineError, UserError

if TYPE_CHECKING:
    import numpy as np
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")
TRUST = "RNN_SENTIMENT_TRUST"  # names modules of one's own that a stranger's file may name too
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LARGEST = 16 * 2**20  # bytes of a JSON file; the results of 1,000 epochs are under one million


def read_file(file: Path, largest: int = LARGEST) -> bytes:
    """Read a file that is neither a link nor a device nor longer than `largest` bytes.

    Raises:
        UserError: it is one of these, or cannot be read.
    """
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{file} is not a regular file")
        if status.st_size > largest:
            raise UserError(f"{file} has {status.st_size:,} bytes; at most {largest:,} are read")
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None


def read_json(file: Path) -> Any:
    """Read a JSON file.

    Raises:
        UserError: it cannot be read, or is not JSON in UTF-8.
    """
    try:
        return json.loads(read_file(file).decode())
    except UserError:
        raise
    except RecursionError:
        raise UserError(f"{file} cannot be read: it is nested too deeply") from None
    except ValueError as error:  # also bytes that are no UTF-8, endless numbers
        raise UserError(f"{file} is not JSON: {error}") from None


def validated(model: type[Model], stated: Any, file: Path) -> Model:
    """What a file states, as `model` describes it.

    Raises:
        UserError: it is something else; names the file and the place in it.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(stated)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise UserError(f"{file} is damaged: {where}: {first['msg']}") from None


def write_file(file: Path, contents: str) -> None:
    """Write a text file so that it is there whole or not at all, also after a power cut.

    Raises:
        MachineError: it cannot be written.
    """
    data = contents.encode()
    with replacing(file, lambda: len(data)) as out:
        out.write(data)


@contextmanager
def replacing(file: Path, size: Callable[[], int] | None = None) -> Iterator[IO[bytes]]:
    """Open a file beside `file`; what is written to it takes that one's place in one step.

    Args:
        file: is there whole, as before or as written, also after a power cut.
        size: bytes that will be written; only asked where they cannot be.

    Raises:
        MachineError: says which file cannot be written and why; it is as before.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, file)
    except (OSError, RuntimeError) as error:  # torch turns the system's error into the latter
        if (cause := machine.system_error(error)) is None:
            raise
        needed = size() if size else None
        raise MachineError(machine.cannot_write(file, cause, needed)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def save_array(file: Path, array: np.ndarray) -> None:
    """Write an array as an `.npy` file that is there whole or not at all.

    Raises:
        MachineError: it cannot be written.
    """
    import numpy as np

    with replacing(file, lambda: array.nbytes) as out:
        # Into a file of the system's, numpy writes by itself, and hides why it cannot.
        np.save(SimpleNamespace(write=out.write), array)


def save_arrays(file: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as an `.npz` file that is there whole or not at all.

    Raises:
        MachineError: it cannot be written.
    """
    import numpy as np

    with replacing(file, lambda: sum(array.nbytes for array in arrays.values())) as out:
        np.savez(out, **arrays)  # type: ignore[arg-type]  # one could be taken for its flag


def load_arrays(file: Path) -> dict[str, np.ndarray] | None:
    """Read what `save_arrays` wrote; None if it is not there, or damaged by its checksums."""
    import numpy as np

    try:
        with file.open("rb") as opened, np.load(opened) as found:
            return dict(found)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return None


def trusted_modules() -> tuple[str, ...]:
    """How the names in the modules begin that `RNN_SENTIMENT_TRUST` lists."""
    return tuple(f"{name}." for name in os.environ.get(TRUST, "").split(",") if name)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Make a folder beside `folder` to write in; at the end it takes that one's place, in one step.

    A block that fails leaves nothing.
    """
    temporary = Path(tempfile.mkdtemp(prefix=f"{folder.name}.writing.", dir=folder.parent))
    try:
        yield temporary
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold `FILE.lock`, and make its folder; what cannot be changed is read without a lock."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(FileLock(f"{file}.lock"))
        except OSError as error:
            if error.errno not in machine.NOT_WRITABLE:
                raise
        yield


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process had begun to write into a folder, or one below it."""
    for file in (*folder.glob(".*"), *folder.glob("*/.*"), *folder.glob(".hydra/.*")):
        if re.fullmatch(r"\.[\w.]+\.\d+", file.name) and file.is_file():
            file.unlink(missing_ok=True)


def printable(text: str) -> str:
    """One line of a text, without what could steer a terminal; see `harmless`."""
    return harmless(" ".join(text.split()))


def harmless(text: str) -> str:
    """A text of the same length with U+FFFD for control characters, but for line breaks and tabs.

    So are those that turn the direction of what is read; joiners, marks and rare spaces stay.
    """
    return CONTROLS.sub("\ufffd", text)
