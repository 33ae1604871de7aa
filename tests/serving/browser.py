"""Headless Chromium, told what to do through its DevTools protocol."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PATIENCE = 120  # seconds


class Browser:
    """One page.

    Attributes:
        requests: addresses that the page asked for.
        problems: what it wrote to its console as an error.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.number = 0
        self.session: str | None = None
        self.requests: list[str] = []
        self.problems: list[str] = []
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        attached = self.tell("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.tell(f"{domain}.enable")

    def tell(self, method: str, **parameters: Any) -> Any:
        """Send a command, and take note of events until its answer comes."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.connection.send(json.dumps(message))
        while True:
            found = json.loads(self.connection.recv(PATIENCE))
            if found.get("id") == self.number:
                assert "error" not in found, found
                return found["result"]
            about = found.get("params", {})
            if found["method"] == "Network.requestWillBeSent":
                self.requests.append(about["request"]["url"])
            elif found["method"] == "Runtime.exceptionThrown":
                self.problems.append(str(about["exceptionDetails"]))
            elif found["method"] == "Log.entryAdded" and about["entry"]["level"] == "error":
                self.problems.append(str(about["entry"]))

    def look(self, script: str) -> Any:
        """The value of an expression in the page."""
        return self.tell("Runtime.evaluate", expression=script, returnByValue=True)["result"].get(
            "value"
        )

    def wait(self, script: str) -> None:
        """Until an expression is true."""
        patience = time.monotonic() + PATIENCE
        while not self.look(f"!!({script})"):
            assert time.monotonic() < patience, (script, self.problems)
            time.sleep(0.05)

    def type(self, text: str) -> None:
        """Write where the focus is."""
        for letter in text.replace("\n", "\r"):
            self.tell("Input.dispatchKeyEvent", type="char", text=letter)

    def press(self, key: str) -> None:
        """Press a key that is no letter."""
        more = {"text": "\r"} if key == "Enter" else {}
        codes = {"Tab": 9, "Enter": 13}
        for kind in ("keyDown", "keyUp"):
            self.tell(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes[key],
                **(more if kind == "keyDown" else {}),
            )  # fmt: skip


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """Start Chromium with its files in a folder."""
    with subprocess.Popen(
        [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--remote-debugging-port=0",
         f"--user-data-dir={folder}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            file, patience = folder / "DevToolsActivePort", time.monotonic() + PATIENCE
            while not (file.exists() and len(lines := file.read_text().splitlines()) == 2):
                assert time.monotonic() < patience, "Chromium does not start"
                time.sleep(0.05)
            with connect(f"ws://127.0.0.1:{lines[0]}{lines[1]}", max_size=None) as connection:
                yield Browser(connection)
        finally:
            process.terminate()
