"""Files written atomically, and read with care, since they may come from untrusted sources."""

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
TRUST = "RNN_SENTIMENT_TRUST"  # lists your own modules that untrusted files may name
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LARGEST = 16 * 2**20  # bytes of a JSON file; the results of 1,000 epochs take less than a million


def read_file(file: Path, largest: int = LARGEST) -> bytes:
    """Read a regular file of at most `largest` bytes.

    Raises:
        UserError: it is a link, a device or too large, or cannot be read.
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
    except ValueError as error:  # also invalid UTF-8 and overlong numbers
        raise UserError(f"{file} is not JSON: {error}") from None


def validated(model: type[Model], stated: Any, file: Path) -> Model:
    """Validate the contents of a file with a pydantic `model`.

    Raises:
        UserError: the contents are invalid; names the file and the place in it.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(stated)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise UserError(f"{file} is damaged: {where}: {first['msg']}") from None


def write_file(file: Path, contents: str) -> None:
    """Write a text file atomically: it is complete or absent, even after a power cut.

    Raises:
        MachineError: it cannot be written.
    """
    data = contents.encode()
    with replacing(file, lambda: len(data)) as out:
        out.write(data)


@contextmanager
def replacing(file: Path, size: Callable[[], int] | None = None) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `file`, which replaces it in one step at the end.

    Args:
        file: the file to replace; even after a power cut, it is complete, either old or new.
        size: returns the number of bytes to write; called only if writing fails.

    Raises:
        MachineError: the file cannot be written and is unchanged; says why.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, file)
    except (OSError, RuntimeError) as error:  # torch turns system errors into the latter
        if (cause := machine.system_error(error)) is None:
            raise
        needed = size() if size else None
        raise MachineError(machine.cannot_write(file, cause, needed)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def save_array(file: Path, array: np.ndarray) -> None:
    """Write an array as an `.npy` file, atomically.

    Raises:
        MachineError: it cannot be written.
    """
    import numpy as np

    with replacing(file, lambda: array.nbytes) as out:
        # Given a real file, numpy writes it itself, and hides why writing fails.
        np.save(SimpleNamespace(write=out.write), array)


def save_arrays(file: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as an `.npz` file, atomically.

    Raises:
        MachineError: it cannot be written.
    """
    import numpy as np

    with replacing(file, lambda: sum(array.nbytes for array in arrays.values())) as out:
        np.savez(out, **arrays)  # type: ignore[arg-type]  # a key could be named like numpy's flag


def load_arrays(file: Path) -> dict[str, np.ndarray] | None:
    """Read what `save_arrays` wrote; None if it is missing, or fails its checksums."""
    import numpy as np

    try:
        with file.open("rb") as opened, np.load(opened) as found:
            return dict(found)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return None


def trusted_modules() -> tuple[str, ...]:
    """Prefixes of the names in the modules that `RNN_SENTIMENT_TRUST` lists."""
    return tuple(f"{name}." for name in os.environ.get(TRUST, "").split(",") if name)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Create a temporary folder beside `folder`, which replaces it at the end in one step.

    If the block fails, nothing is left behind.
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
    """Hold `FILE.lock`, creating its folder; read-only files are used without a lock."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(FileLock(f"{file}.lock"))
        except OSError as error:
            if error.errno not in machine.NOT_WRITABLE:
                raise
        yield


def remove_leftovers(folder: Path) -> None:
    """Remove files that a killed process left half-written in a folder or one below it."""
    for file in (*folder.glob(".*"), *folder.glob("*/.*"), *folder.glob(".hydra/.*")):
        if re.fullmatch(r"\.[\w.]+\.\d+", file.name) and file.is_file():
            file.unlink(missing_ok=True)


def printable(text: str) -> str:
    """A text as one line, without characters that could control a terminal; see `harmless`."""
    return harmless(" ".join(text.split()))


def harmless(text: str) -> str:
    """Replace control characters, except line breaks and tabs, by U+FFFD; the length stays.

    Characters that change the reading direction are replaced too; joiners, marks and rare spaces
    are kept.
    """
    return CONTROLS.sub("\ufffd", text)
