"""The page on which people type a text and see the effect of its words."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from rnn_sentiment.report.templating import render
from rnn_sentiment.serving.apis import LONGEST


def make_page(labels: tuple[str, ...], several: bool) -> tuple[str, dict[str, str]]:
    """Build the page for a model's classes, and its security headers.

    The policy lets a browser run only the page's own script, and connect only to its server.
    """
    styles = files("rnn_sentiment.report") / "templates"
    page = render(
        __package__,
        "page.html.jinja",
        labels=labels,
        several=several,
        longest=LONGEST,
        style="".join((styles / name).read_text() for name in ("style.css", "words.css")),
    )
    found = re.search("<script>(.*?)</script>", page, re.DOTALL)
    assert found
    script = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'unsafe-inline'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return page, {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
