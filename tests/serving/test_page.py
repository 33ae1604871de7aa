"""The page of a server: type a text, and its words light up."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.serving.browser import CHROMIUM, Browser, browsing
from tests.serving.conftest import Serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
TEXT = "It is dreadful,\nnot splendid."
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


def test_a_text_is_typed_seen_and_cleared(page: Browser, serving: Serving):
    page.type(TEXT)
    page.wait(SHOWN.format("answer"))
    _, expected, _ = serving.ask("/explain", {"text": TEXT})

    assert page.look(SHOWN.format("glow")) == f"{TEXT}\n"
    strongest = max(expected["words"], key=lambda piece: abs(piece[1] or 0))
    kind = "for" if strongest[1] > 0 else "against"
    marks = page.look(
        "[...document.querySelectorAll('#glow mark')].map(m => [m.className, m.textContent])"
    )
    assert [kind, strongest[0]] in marks
    share = f"{100 * expected['probabilities'][expected['label']]:.1f} %"
    assert page.look(SHOWN.format("answer")) == f"{expected['label']}, {share}"
    assert strongest[0] in page.look(SHOWN.format("reasons"))  # not in colour alone
    assert share in page.look(SHOWN.format("classes"))

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

    assert not page.problems
    assert page.requests
    assert all(re.match(f"{serving.address}/|data:", address) for address in page.requests)
