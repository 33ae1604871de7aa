"""A server's life: its page, what it answers and what it refuses, and an end that loses nothing."""

from __future__ import annotations

import re
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from rnn_sentiment import serve
from rnn_sentiment.errors import UserError
from rnn_sentiment.inference import Predictor
from rnn_sentiment.serving.apis import LONGEST
from rnn_sentiment.serving.server import LARGEST, MOST_CONNECTIONS
from tests.serving.browser import CHROMIUM, Browser, browsing
from tests.serving.conftest import Serving

TEXTS = ["A quiet film.", "It is dreadful, not splendid.", "", "🎬 film", "film " * 1000]
BAD = [
    (b"x", 422, "JSON"),
    (b"[]", 422, "body"),
    (b"{}", 422, "body.text: Field required"),
    (b'{"text": 1}', 422, "body.text"),
    (b'{"text": "a", "n": 1}', 422, "body.n"),
    (b'{"text": "\\ud800"}', 422, "unicode"),
    (b'{"text": "%s"}' % (b"a" * (LONGEST + 1)), 422, f"at most {LONGEST}"),
    (b" " * (LARGEST + 1), 413, "too large"),
]


TYPED = "It is dreadful,\nnot splendid."
SHOWN = "document.getElementById('{}').textContent"


@pytest.fixture(scope="module")
def page(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("profile")) as browser:
        browser.tell(
            "Emulation.setDeviceMetricsOverride",
            width=360, height=700, deviceScaleFactor=2, mobile=True,
        )  # fmt: skip
        browser.tell("Page.navigate", url=serving.address)
        browser.wait("document.readyState === 'complete' && document.activeElement.id === 'text'")
        yield browser


def colours(page: Browser, scheme: str) -> tuple[str, str]:
    """Of the page and of its words."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.tell("Emulation.setEmulatedMedia", features=[feature])
    style = "getComputedStyle(document.body)"
    return page.look(f"{style}.backgroundColor"), page.look(f"{style}.color")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_text_is_typed_seen_and_cleared(page: Browser, serving: Serving):
    _, expected, _ = serving.ask("/explain", {"text": TYPED})
    share = f"{100 * expected['probabilities'][expected['label']]:.1f} %"
    page.type(TYPED)
    page.wait(f"{SHOWN.format('answer')} === '{expected['label']}, {share}'")
    page.wait("document.querySelector('#glow mark')")

    assert page.look(SHOWN.format("glow")) == f"{TYPED}\n"
    strongest = max(expected["words"], key=lambda piece: abs(piece[1] or 0))
    kind = "for" if strongest[1] > 0 else "against"
    marks = page.look(
        "[...document.querySelectorAll('#glow mark')].map(m => [m.className, m.textContent])"
    )
    assert [kind, strongest[0]] in marks
    assert strongest[0] in page.look(SHOWN.format("reasons"))  # not in colour alone
    assert share in page.look(SHOWN.format("classes"))

    assert page.look("document.body.ariaBusy") == "false"

    # The marks lie where the words are typed.
    same = ("font", "lineHeight", "padding", "width", "letterSpacing", "whiteSpace")
    for name in same:
        of = "getComputedStyle(document.getElementById('{}')).{}"
        assert page.look(of.format("glow", name)) == page.look(of.format("text", name)), name
    assert page.look("document.documentElement.scrollWidth <= innerWidth")  # on a phone

    (light, dark_ink), (dark, light_ink) = colours(page, "light"), colours(page, "dark")
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(22, 24, 27)")
    assert dark_ink != light_ink

    page.press("Tab")
    assert page.look("document.activeElement.id") == "clear"
    page.press("Enter")
    page.wait(
        "document.getElementById('text').value === '' && document.activeElement.id === 'text'"
    )
    page.wait(f"!{SHOWN.format('answer')}")
    assert page.look("document.querySelectorAll('#glow mark').length") == 0

    odd = "هذا 👩\u200d👧 film\u00a0splendid"
    page.tell("Input.insertText", text=odd)
    page.wait("document.querySelector('#glow mark')")
    assert page.look(SHOWN.format("glow")) == f"{odd}\n"
    for name in ("glow", "text"):
        assert page.look(f"getComputedStyle(document.getElementById('{name}')).direction") == "rtl"

    page.tell("Input.insertText", text=" A long film." * 100)
    page.type(" It ends.")  # at the end of the paper, which scrolls above the answer
    page.wait("document.querySelector('.paper').scrollTop > 500")
    page.wait("document.body.ariaBusy === 'false'")
    assert page.look("document.getElementById('answer').getBoundingClientRect().bottom < 700")
    heights = "['text', 'glow'].map(id => document.getElementById(id).offsetHeight)"
    assert page.look(f"new Set({heights}).size") == 1

    assert not page.problems
    assert page.requests
    assert all(re.match(f"{serving.address}/|data:", address) for address in page.requests)


@pytest.mark.slow
def test_a_servers_life(serving: Serving, finished_run: Path):
    assert serving.ask("/health")[:2] == (200, "ok")

    # Many at a time get what each would get without others.
    predictor = Predictor.load(finished_run)
    answers = predictor.answer(TEXTS)
    with ThreadPoolExecutor(16) as clients:
        found = list(
            clients.map(lambda n: serving.ask("/predict", {"text": TEXTS[n % 5]}), range(40))
        )
    for number, (status, answer, _) in enumerate(found):
        row = number % len(TEXTS)
        assert status == 200
        assert answer["label"] == predictor.labels[answers.labels[row]]
        shares = list(answer["probabilities"].values())
        assert shares == pytest.approx(answers.probabilities[row], abs=1e-5)
        assert answer["is_cut"] == answers.truncated[row]
    status, answer, _ = serving.ask("/explain", {"text": TEXTS[1]})
    assert status == 200
    assert "".join(piece for piece, _ in answer["words"]) == TEXTS[1]
    assert [p for p, value in answer["words"] if value is not None] == re.findall(r"\w+", TEXTS[1])
    assert serving.ask("/explain", {"text": "…"})[1]["words"] == [["…", None]]

    for body, expected, message in BAD:
        status, answer, _ = serving.ask("/predict", body)
        assert (status, message in answer["detail"]) == (expected, True), answer
        assert len(answer["detail"]) < 200
    assert serving.ask("/docs")[0] == 404  # which would load scripts from elsewhere
    _, page, headers = serving.ask("/")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|@import|https?://", page)

    # What is asked as the end comes is answered; then nobody listens, and no process is left.
    long = {"text": "film splendid " * 75}
    with ThreadPoolExecutor(16) as clients:
        sent = Barrier(17)
        paths = ["/explain"] * 4 + ["/predict"] * 12
        serving.process.send_signal(signal.SIGSTOP)  # so that most of them wait at the door
        asked = [clients.submit(serving.ask, path, long, sent.wait) for path in paths]
        sent.wait(60)
        serving.process.terminate()
        serving.process.send_signal(signal.SIGCONT)
        assert [one.result()[0] for one in asked] == [200] * 16
    out, err = serving.process.communicate(timeout=60)
    assert (serving.process.returncode, err) == (0, "")
    assert out == "stopped by SIGTERM; the server has ended\n"
    with pytest.raises(ConnectionRefusedError):
        serving.ask("/health")


def test_the_page_on_it_names_the_limits():
    text = (Path(__file__).parents[2] / "docs" / "use.md").read_text()
    for limit in (f"{LONGEST:,} characters", f"{LARGEST:,} bytes", f"than {MOST_CONNECTIONS}"):
        assert limit in " ".join(text.split())


def test_an_address_that_is_taken_is_named(finished_run: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"cannot listen on host=127.0.0.1 port={port}"):
            serve.run([f"run={finished_run}", f"port={port}"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["port=99999"], "port=99999"), (["host=nowhere.invalid"], "host=nowhere.invalid")],
)
def test_an_address_that_cannot_be_is_named(arguments, message, finished_run: Path):
    with pytest.raises(UserError, match=message):
        serve.run([f"run={finished_run}", *arguments])


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "litserve", None)
    with pytest.raises(UserError, match=r"serve needs litserve.*rnn_sentiment\[serve\]"):
        serve.run(["run=nowhere"])
