"""Kinds of rules: from rows of runs to an outcome with its figures."""

from __future__ import annotations

from rnn_sentiment.lectures.rules.differences import DifferenceRule, SensitiveRule
from rnn_sentiment.lectures.rules.figures import EvidenceRule, FigureRule, RatioRule
from rnn_sentiment.lectures.rules.identical import IdenticalRule
from rnn_sentiment.lectures.rules.length import LengthRule
from rnn_sentiment.lectures.rules.rule import Finding, Outcome, Rule
from rnn_sentiment.lectures.rules.spread import SpreadRule

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
