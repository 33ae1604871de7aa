"""The claims as a section of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from rnn_sentiment.lectures.claims import Claim, Ruling, settle_claims
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.section import Section
from rnn_sentiment.report.statistics import Estimate
from rnn_sentiment.report.templating import render


def claims_section(
    claims: Sequence[Claim], rows: Sequence[Row], evidence: Mapping[str, float]
) -> Section | None:
    """Settle the claims that any of the rows, or evidence, bears on; None if there are none."""
    rulings = settle_claims(claims, rows, evidence)
    labels = {row.label for row in rows}
    settled = [ruling for ruling in rulings if bears(ruling, labels)]
    if not settled:
        return None
    open_claims = list(dict.fromkeys(r.claim.id for r in rulings if not bears(r, labels)))
    html, markdown = (
        render(__package__, f"claims.{kind}.jinja", rulings=settled, open_claims=open_claims)
        for kind in ("html", "md")
    )
    return Section("Claims", "claims", html, markdown, as_table(settled))


def as_table(rulings: Sequence[Ruling]) -> pd.DataFrame:
    """A line for each test of each claim."""
    return pd.DataFrame(
        {
            "claim": ruling.claim.id,
            "verdict": ruling.outcome,
            "first verdict": ruling.claim.first.outcome if ruling.claim.first else "",
            "test": finding.outcome,
            "figures": finding.text,
            **bounds(finding.estimate),
        }
        for ruling in rulings
        for finding in ruling.findings
    )


def bounds(estimate: Estimate | None) -> dict[str, float]:
    """An estimate as columns; empty cells if there is none."""
    if estimate is None:
        return {}
    ends = {"value": estimate.value, "from": estimate.low, "to": estimate.high}
    return {name: round(figure, 4) for name, figure in ends.items()}


def bears(ruling: Ruling, labels: set[str]) -> bool:
    """Whether any run, or evidence, bears on a claim."""
    needed = {name for test in ruling.claim.tests for name in test.needs}
    settled = any(finding.outcome != "undecided" for finding in ruling.findings)
    return settled or bool(needed & labels)
