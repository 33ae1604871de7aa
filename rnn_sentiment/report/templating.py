"""Templates, and the filters that write values and strangers' texts into them."""

from __future__ import annotations

import math
import re

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(package: str, template: str, **values: object) -> str:
    """Fill in a template of a package: `NAME.html.jinja` escapes as HTML, others by `md`."""
    found = Environment(
        loader=PackageLoader(package),
        autoescape=".html." in template,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {
        **{"percent": percent, "percent_range": percent_range, "number": number},
        **{"mebibytes": mebibytes, "md": markdown},
        **{"minus": minus, "share_range": share_range},
    }
    return found.get_template(template).render(values)


def percent(share: float | None) -> str:
    """A share in percent."""
    return number(None if share is None else 100 * share, 2)


def percent_range(low: float, high: float) -> str:
    """Two shares in percent, or one dash if they are not known."""
    return f"{percent(low)} – {percent(high)}" if math.isfinite(low + high) else "–"


def share_range(low: float, high: float) -> str:
    """Two shares in whole percent: `0 – 52 %`."""
    return f"{100 * low:.0f} – {100 * high:.0f} %"


def number(value: float | str | None, digits: int = 0) -> str:
    """A number with separated thousands, or a dash if it is not known; a text is unchanged."""
    if isinstance(value, str):
        return value
    if value is None or not math.isfinite(value):
        return "–"
    return minus(f"{round(value, digits) + 0.0:,.{digits}f}")  # never minus zero


def minus(text: str) -> str:
    """A text with typographic minus signs."""
    return re.sub(r"(?<!\w)-(?=\d)", "−", text)


def mebibytes(value: float | None) -> str:
    """Bytes in MiB."""
    return number(None if value is None else value / 2**20)


def markdown(text: object) -> str:
    """A text escaped for Markdown, also within a table."""
    return re.sub(r"([\\`*_\[\]<>|#&!~])", r"\\\1", str(text))
