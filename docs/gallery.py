"""Make the pictures of docs/gallery.md.

    python -m docs.gallery

Trains on the demo corpus, in a folder that is thrown away, and looks at what a user sees: the
terminal as SVG; TensorBoard, the report, an explanation and the page of a served model in Chromium.
Takes some minutes.
"""

from __future__ import annotations

import base64
import io
import os
import pty
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.serving.browser import Browser, browsing

GALLERY = Path(__file__).with_name("gallery")
TEXT = (
    "The trailer promised a masterpiece. The actors are charming, but the plot is not good and "
    "the jokes are dull. I would not watch it again."
)
COLUMNS = 100
SETTLED = 10  # seconds until TensorBoard shows its charts; nothing on its page says when
CONTROL = re.compile(r"\x1b\[[\d;?]*[a-zA-Z]")
TAKEN_AWAY = re.compile(r"[^\n]*\n(\x1b\[\?25h)?\r\x1b\[1A\x1b\[2K")  # a line, from the one below
ADDRESS = re.compile(r"http://[\w.:]+")


def python(*arguments: str) -> list[str]:
    """The command that runs a module."""
    return [sys.executable, "-m", *arguments]


def in_terminal(call: Sequence[str], folder: Path) -> str:
    """Run a command in a terminal, and give what it shows."""
    above, below = pty.openpty()
    environment = os.environ | {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    with subprocess.Popen(call, cwd=folder, env=environment, stdout=below, stderr=below):
        os.close(below)
        parts = []
        with suppress(OSError):  # which is how the end of a terminal is told
            while part := os.read(above, 1 << 16):
                parts.append(part)
    return b"".join(parts).decode().replace(f"{folder.resolve()}/", "")


def draw_terminal(sessions: Sequence[tuple[str, str]]) -> None:
    """Draw commands and what they show."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for command, shown in sessions:
        console.print(f"[bold green]$[/] [bold]python -m {command}[/]", highlight=False)
        # Of what is written over, as progress is, the last state is left, if it is not taken away.
        left = TAKEN_AWAY.sub("", shown.replace("\r\n", "\n"))
        lines = [line.rpartition("\r")[2] for line in left.split("\n")]
        kept = [line for line in lines if CONTROL.sub("", line).strip()]
        console.print(Text.from_ansi("\n".join(kept)))
    console.save_svg(str(GALLERY / "terminal.svg"), title="rnn_sentiment")


@contextmanager
def served(call: Sequence[str], folder: Path) -> Iterator[str]:
    """Run a server, and give its address once it has said so."""
    with subprocess.Popen(
        call, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        found = (ADDRESS.search(line) for line in process.stdout)
        yield next(match[0] for match in found if match)
        process.terminate()


def picture(browser: Browser, name: str, width: int, height: int) -> None:
    """Keep what the page shows."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.tell("Emulation.setDeviceMetricsOverride", **size)
    found = browser.tell("Page.captureScreenshot", format="png")
    (GALLERY / f"{name}.png").write_bytes(base64.b64decode(found["data"]))


def draw_pages(folder: Path, profile: Path) -> None:
    """Look at report, explanation, served model and TensorBoard of the runs in a folder."""
    with browsing(profile) as browser:
        for name, file, height in (
            ("report", "report/report.html", 800),
            ("explain", "explanation.html", 1060),  # down to the curves
        ):
            browser.tell("Page.navigate", url=(folder / file).as_uri())
            browser.wait("document.readyState == 'complete'")
            picture(browser, name, 900, height)
        with served(python("rnn_sentiment.serve", "run=runs/gru", "port=0"), folder) as address:
            browser.tell("Page.navigate", url=address)
            browser.wait("document.activeElement.id == 'text'")
            browser.type(TEXT)
            browser.wait("document.querySelector('#glow mark')")
            time.sleep(1)  # while its bars move
            picture(browser, "serve", 900, 620)
        board = python("tensorboard.main", "--logdir", "runs/gru", "--port", "0")
        with served(board, folder) as address:
            browser.tell("Page.navigate", url=f"{address}#custom_scalars&_smoothingWeight=0")
            # Its three epochs have no outliers; TensorBoard reads this when it loads.
            browser.wait("(localStorage.setItem('_ignoreYOutliers', 'false'), true)")
            browser.tell("Page.reload")
            time.sleep(SETTLED)
            picture(browser, "tensorboard", 1200, 800)


def main() -> None:
    """Make all pictures again."""
    GALLERY.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory() as profile:
        folder = Path(work)
        train = ["rnn_sentiment.train", "data=demo", "hydra.run.dir=runs/gru"]
        predict = ["rnn_sentiment.predict", "run=runs/gru", "A quiet, honest film."]
        draw_terminal(
            [(shlex.join(call), in_terminal(python(*call), folder)) for call in (train, predict)]
        )
        for call in (
            ("rnn_sentiment.train", "sweep=smoke"),
            ("rnn_sentiment.report", "runs/smoke", "out=report"),
            ("rnn_sentiment.explain", "run=runs/gru", TEXT, "out=explanation.html"),
        ):
            subprocess.run(python(*call), cwd=folder, check=True, stdout=subprocess.DEVNULL)
        draw_pages(folder, Path(profile))


if __name__ == "__main__":
    main()
