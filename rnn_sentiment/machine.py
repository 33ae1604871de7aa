"""Failures of the machine in one line: what failed, where, how much was needed, and what to do."""

from __future__ import annotations

import errno
import re
import shutil
import sys
from pathlib import Path

NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
CHOOSE = "choose a writable folder (hydra.run.dir, data.cache)"
REMEDIES = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room within your quota",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    **dict.fromkeys(NOT_WRITABLE, CHOOSE),
    errno.EIO: "check the disk",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
    errno.ENFILE: "close other programs: the system has no file handle left",
}
MEMORY = re.compile(r"can't allocate memory|CUDA out of memory|bad_alloc|Unable to allocate")
WORKER = re.compile(r"DataLoader worker .*?(is killed by signal: .*?\.|exited unexpectedly)|"
                    r"DataLoader timed out after [\d.]+ seconds")  # fmt: skip
PEER = re.compile(r"(?s)gloo.*(by peer|refused|timed out|Timed out)|NCCL.*remote")
WITHOUT_WORKERS = "data.num_workers=0 reads without workers"


def explain(error: BaseException) -> str | None:
    """Describe what failed and what to do; None if the machine is not to blame."""
    if out_of_memory(error):
        return f"out of memory ({' '.join(str(error).split()) or 'none is left'})"
    if isinstance(error, RuntimeError) and (found := WORKER.search(str(error))):
        return f"{found[0].rstrip('.')}; {WITHOUT_WORKERS}"
    if isinstance(error, RuntimeError) and PEER.search(str(error)):
        return "another process of this run has ended or cannot be reached; its error may be above"
    if isinstance(error, OSError) and error.errno in REMEDIES:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}{limit(error)}; {REMEDIES[error.errno]}"
    return None


def out_of_memory(error: BaseException) -> bool:
    """Whether the processor or the GPU ran out of memory."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and MEMORY.search(str(error)) is not None
    )


def cannot_write(file: Path, error: OSError, needed: int | None) -> str:
    """Describe why a file cannot be written, and what happens to the one that it would replace.

    Args:
        file: the file to write or replace.
        error: the system's error.
        needed: bytes of the new file, if known.
    """
    size = "" if needed is None else f" ({needed:,} bytes)"
    if not file.parent.exists():
        return f"cannot write {file}{size}: its folder is gone"
    kept = "; the previous one is kept" if file.is_file() else ""
    remedy = f"; {REMEDIES[error.errno]}" if error.errno in REMEDIES else ""
    free = f", {shutil.disk_usage(file.parent).free:,} bytes free" if is_full(error) else ""
    return f"cannot write {file}{size}: {error.strerror or error}{limit(error)}{free}{kept}{remedy}"


def is_full(error: OSError) -> bool:
    """Whether a disk or quota is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def limit(error: OSError) -> str:
    """The limit of this process that an error is about, in parentheses."""
    if sys.platform == "win32":
        return ""
    import resource

    if error.errno == errno.EMFILE:
        return f" (the limit is {resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,})"
    if error.errno == errno.EFBIG:
        return f" (the limit is {resource.getrlimit(resource.RLIMIT_FSIZE)[0]:,} bytes)"
    return ""


def system_error(error: BaseException) -> OSError | None:
    """The system error that caused an exception, or the exception itself; None if there is none."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, OSError):
        found = found.__cause__ or found.__context__
    return found
