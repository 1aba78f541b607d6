"""What the facts of a scan mean: a table of rules, and the findings that come of it.

Nothing here touches a network: a journal is judged again whenever a rule changes.
"""

from tlsprobe.rules.advice import Advice, advise, is_windows_software
from tlsprobe.rules.finding import (
    Confidence,
    Finding,
    FixSide,
    Sentence,
    Severity,
    Source,
    fingerprint,
)
from tlsprobe.rules.rates import client_rate, expected_failure_rate
from tlsprobe.rules.table import RULES, Met, Rule, ends_with_dhe
from tlsprobe.rules.verdict import fix_side, judge
from tlsprobe.rules.who import (
    clients_of,
    is_locked_out,
    is_unclear,
    lands_on_dhe,
    name_of,
    not_understood,
    stops_at_group,
    who_counts,
)
from tlsprobe.rules.windows import IsWindows, Windows, software_of, windows_of

__all__ = [
    "RULES",
    "Advice",
    "Confidence",
    "Finding",
    "FixSide",
    "IsWindows",
    "Met",
    "Rule",
    "Sentence",
    "Severity",
    "Source",
    "Windows",
    "advise",
    "client_rate",
    "clients_of",
    "ends_with_dhe",
    "expected_failure_rate",
    "fingerprint",
    "fix_side",
    "is_locked_out",
    "is_unclear",
    "is_windows_software",
    "judge",
    "lands_on_dhe",
    "name_of",
    "not_understood",
    "software_of",
    "stops_at_group",
    "who_counts",
    "windows_of",
]
