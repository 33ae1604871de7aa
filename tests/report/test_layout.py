"""The page in a browser: nothing is cut, squeezed or broken on a desk or a phone."""

from __future__ import annotations

import re

import pytest

from rnn_sentiment.report import page
from rnn_sentiment.report.contents import make_report
from rnn_sentiment.report.figures import draw
from rnn_sentiment.report.matrix import MOST
from tests.report.conftest import write_run
from tests.serving.browser import CHROMIUM, browsing

pytestmark = pytest.mark.slow

PROBE = """(() => {
  const box = cell => cell.getBoundingClientRect();
  const cells = [...document.querySelectorAll('td')].filter(cell => cell.textContent);
  const lines = cell => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map(line => Math.round(line.top / 4))).size;
  };
  const square = document.querySelector('.square');
  return {
    overflow: document.documentElement.scrollWidth - innerWidth,
    outside: performance.getEntriesByType('resource').filter(
      one => !one.name.startsWith('data:')).length,
    images: [...document.images].filter(i => i.complete && !i.naturalWidth).length,
    squeezed: cells.filter(cell => !box(cell).width).length,
    square: [...square.querySelectorAll('th, td')].filter(
      cell => box(cell).right > box(square.parentElement).right + 1).length,
    touching: cells.filter(cell => cell.scrollWidth > cell.clientWidth + 1).length,
    broken: [...document.querySelectorAll('[data-label="interval"]')].filter(
      cell => lines(cell) > 1).length,
    small: Math.min(...[...square.querySelectorAll('td')].map(
      cell => parseFloat(getComputedStyle(cell).fontSize))),
    focusable: [...document.querySelectorAll('a[href], summary, [tabindex="0"]')].length};
})()"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_page_fits_a_phone_and_a_desktop(tmp_path, monkeypatch):
    # Three figures are enough, and of two rows; drawing all of them takes most of the time.
    monkeypatch.setattr(page, "draw", lambda rows, verdicts: draw(rows[:2], verdicts[:1])[:3])
    for number in range(MOST):
        for seed in (1, 2, 3):
            name = "x" * 198 + f"{number:02}"
            write_run(
                tmp_path / "runs" / f"{number}-{seed}", name, seed, 0.95 - number / 25, num_test=300
            )
    file = page.write(make_report([tmp_path / "runs"]), tmp_path / "out")
    text = file.read_text()
    assert "default-src 'none'" in text
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    with browsing(tmp_path / "profile") as browser:
        for width in (1280, 500, 390, 360):
            browser.tell(
                "Emulation.setDeviceMetricsOverride",
                width=width, height=900, deviceScaleFactor=1, mobile=width < 1000,
            )  # fmt: skip
            browser.tell("Page.navigate", url=file.as_uri())
            browser.wait("document.readyState == 'complete' && document.querySelector('.square')")
            seen = browser.look(PROBE)
            assert seen["overflow"] <= 0
            assert seen["outside"] == seen["images"] == seen["squeezed"] == 0
            assert seen["square"] == seen["touching"] == seen["broken"] == 0, (width, seen)
            assert seen["small"] >= 12
            assert seen["focusable"] > 3
        assert not browser.problems
