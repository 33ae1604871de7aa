"""Claims as data, and the few kinds of rules that settle them from runs.

A claim is confirmed if all its tests are, refuted if one is, and otherwise undecided. To add
claims, write a YAML file like `claims.yaml` beside this module, and pass it as `claims=`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rnn_sentiment.errors import UserError
from rnn_sentiment.lectures.rules import RULES, Finding, Outcome, Rule
from rnn_sentiment.report.grouping import ROW_MAY_DIFFER_IN
from rnn_sentiment.report.naming import names
from rnn_sentiment.report.row import Row
from rnn_sentiment.report.statistics import LEVEL

SHIPPED = Path(__file__).with_name("claims.yaml")

# Rows of one family were tested on the same reviews, with the same arithmetic on the same device;
# a claim may still compare training sets.
Family = tuple[str, int, str, str, str]


class FirstVerdict(BaseModel):
    """The verdict of a claim's first rule on the first runs, if a sounder rule has replaced it."""

    model_config = ConfigDict(extra="forbid")

    rule: str
    outcome: Outcome
    date: date


class Claim(BaseModel):
    """A claim, where it comes from, and the tests that settle it.

    Attributes:
        since: when the rule replaced the `first` one.
        not_tested: why the available runs do not test it, whatever their figures.
        cost: what it would take to settle it, shown while it is undecided.
    """

    model_config = ConfigDict(extra="forbid")

    id: str
    source: str
    claim: str
    rule: str
    tests: list[Annotated[RULES, Field(discriminator="kind")]] = Field(min_length=1)
    first: FirstVerdict | None = None
    since: date | None = None
    not_tested: str = ""
    cost: str = ""


@dataclass(frozen=True)
class Ruling:
    """The outcome of a claim for the runs of one family."""

    claim: Claim
    outcome: Outcome
    findings: tuple[Finding, ...]
    family: str = ""


def load_claims(file: Path = SHIPPED) -> list[Claim]:
    """Read claims.

    Raises:
        UserError: the file cannot be read, or a claim is invalid; names the claim and the key.
    """
    try:
        stated = yaml.safe_load(file.read_text())
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise UserError(f"claims {file}: {' '.join(str(error).split())}") from None
    if not isinstance(stated, list):
        raise UserError(f"claims {file}: a list of claims is expected")
    claims = []
    for number, entry in enumerate(stated, 1):
        try:
            claims.append(Claim.model_validate(entry))
        except ValidationError as error:
            first = error.errors()[0]
            name = entry.get("id", number) if isinstance(entry, dict) else number
            key = ".".join(map(str, first["loc"]))
            raise UserError(f"claims {file}: claim {name}: {key}: {first['msg']}") from None
    return claims


def settle_claims(
    claims: Sequence[Claim], rows: Sequence[Row], evidence: Mapping[str, float]
) -> list[Ruling]:
    """Settle every claim, separately for each family of rows with any of the runs it needs."""
    families: dict[Family, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        families[family(row)].setdefault(row.label, row)
    rulings: list[Ruling] = []
    outcome: Outcome
    for claim in claims:
        needed = {name for test in claim.tests for name in test.needs}
        able = [key for key, members in families.items() if needed & members.keys()]
        keys: list[Family | None] = [*able] or [None]
        for key in keys:
            members = beside_one_another(needed, families[key]) if key else {}
            several = len(claim.tests)
            findings = tuple(examine(t, members, evidence, several) for t in claim.tests)
            outcome = "not tested" if claim.not_tested else overall_outcome(findings)
            name = f"device {key[4]}, precision {key[3]}" if key and len(able) > 1 else ""
            rulings.append(Ruling(claim, outcome, findings, name))
    return rulings


def beside_one_another(needed: Set[str], rows: Mapping[str, Row]) -> dict[str, Row]:
    """The rows that a claim compares, by label, named by what sets them apart."""
    read = {label: rows[label] for label in sorted(needed & rows.keys())}
    called = names({label: row.runs[0].config for label, row in read.items()}, ROW_MAY_DIFFER_IN)
    return {label: replace(row, name=called[label]) for label, row in read.items()}


def family(row: Row) -> Family:
    """A key that all runs behind one ruling share."""
    setting = row.setting
    tested = dict(setting.sizes).get("test", 0)
    return setting.fingerprint, tested, setting.validated_on, setting.precision, setting.device


def examine(
    test: Rule, rows: Mapping[str, Row], evidence: Mapping[str, float], num_tests: int = 1
) -> Finding:
    """Apply a rule, or name the runs that are missing.

    One of several tests is enough to refute a claim, so each refutes at the level that Bonferroni
    gives; all are needed to confirm it, which needs no adjustment.
    """
    if missing := [name for name in test.needs if name not in rows]:
        return Finding("undecided", f"needs runs named {', '.join(missing)}")
    for name in test.needs:
        if (num := len(rows[name].runs)) < test.fewest_seeds:
            return Finding(
                "undecided", f"{name} has {num} of the {test.fewest_seeds} seeds that are needed"
            )
    finding = test.settle(rows, evidence, LEVEL)
    if finding.outcome == "refuted" and num_tests > 1:
        strict = test.settle(rows, evidence, 1 - (1 - LEVEL) / num_tests)
        if strict.outcome != "refuted":
            text = f"{finding.text}, but not at the level for {num_tests} tests: {strict.text}"
            finding = Finding("undecided", text, finding.estimate)
    behind = [f"{name}: seeds {', '.join(map(str, rows[name].seeds))}" for name in test.needs]
    return replace(finding, runs=tuple(behind))


def overall_outcome(findings: Sequence[Finding]) -> Outcome:
    """One outcome of several tests."""
    outcomes = {finding.outcome for finding in findings}
    if "refuted" in outcomes:
        return "refuted"
    return "undecided" if "undecided" in outcomes else "confirmed"
