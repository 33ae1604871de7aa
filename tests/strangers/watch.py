"""What a process does while it reads a stranger's files, seen by an audit hook."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NEVER = (
    *("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn"),
    *("subprocess.Popen", "socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request"),
    *("ctypes.dlopen", "pickle.find_class", "code.__new__", "webbrowser.open"),
)
CHANGES = (
    *("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.link", "os.chmod"),
    *("os.truncate", "os.utime", "shutil.rmtree", "shutil.copyfile", "shutil.move"),
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """Notes what must not happen, while it is on; an audit hook can never be taken away."""

    def __init__(self) -> None:
        self.roots: tuple[str, ...] | None = None
        self.known: set[str] = set()
        self.seen: list[str] = []
        sys.addaudithook(self.look)

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an event that must not happen."""
        if self.roots is None:
            return
        if event in NEVER:
            self.seen.append(f"{event} {arguments!r:.200}")
        elif event == "import" and arguments[0].partition(".")[0] not in self.known:
            self.seen.append(f"import {arguments[0]}")
        elif event in ("exec", "compile") and "canary" in f"{arguments!r}":
            self.seen.append(f"{event} {arguments!r:.200}")
        elif (event == "open" and arguments[2] & WRITING) or event in CHANGES:
            self.write(event, arguments[0])

    def write(self, event: str, path: Any) -> None:
        """Note a change outside of the folders where it is expected."""
        if isinstance(path, int):  # an open file
            return
        real = os.path.realpath(os.fsdecode(path)) + os.sep
        if not real.startswith((*(self.roots or ()), os.devnull)):
            self.seen.append(f"{event} {os.fsdecode(path)}")

    @contextmanager
    def on(self, *roots: Path) -> Iterator[None]:
        """Watch; files may be changed below `roots`."""
        self.seen.clear()
        self.known = {name.partition(".")[0] for name in sys.modules}
        self.roots = tuple(f"{root.resolve()}{os.sep}" for root in roots)
        try:
            yield
        finally:
            self.roots = None
        assert not self.seen, self.seen


WATCH = Watch()
