"""Kinds of rules: from rows of runs to an outcome with its figures."""

from __future__ import annotations

from rnn_sentiment.lectures.rules.against import EvidenceRule, FigureRule, RatioRule
from rnn_sentiment.lectures.rules.base import Finding, Outcome, Rule
from rnn_sentiment.lectures.rules.between import (
    DifferenceRule,
    IdenticalRule,
    LengthRule,
    SensitiveRule,
    SpreadRule,
)

RULES = (
    FigureRule
    | RatioRule
    | DifferenceRule
    | LengthRule
    | SensitiveRule
    | SpreadRule
    | IdenticalRule
    | EvidenceRule
)

__all__ = ["RULES", "Finding", "Outcome", "Rule"]
