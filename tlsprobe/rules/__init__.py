"""What the facts of a scan mean: a table of rules, and the findings that come of it.

Nothing here touches a network: a journal is judged again whenever a rule changes.
"""

from tlsprobe.rules.finding import (
    Confidence,
    Finding,
    FixSide,
    Sentence,
    Severity,
    Source,
    fingerprint,
)
from tlsprobe.rules.table import RULES, Met, Rule
from tlsprobe.rules.verdict import expected_failure_rate, fix_side, judge

__all__ = [
    "RULES",
    "Confidence",
    "Finding",
    "FixSide",
    "Met",
    "Rule",
    "Sentence",
    "Severity",
    "Source",
    "expected_failure_rate",
    "fingerprint",
    "fix_side",
    "judge",
]
