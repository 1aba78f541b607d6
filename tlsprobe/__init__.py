"""Finds the TLS servers on which old Windows clients fail now and then, and says which side to fix.

    from tlsprobe import ScanConfig, judge, parse_target, run

    for scan in run([parse_target("www.example.com")], ScanConfig()):
        print(scan.status, [finding.rule for finding in judge(scan)])

The names below are the public API. They are loaded when they are first used, so that
``tlsprobe --help`` waits for nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlsprobe.assessment import assess
    from tlsprobe.engines.local import run
    from tlsprobe.facts import ServerScan
    from tlsprobe.inventory import Target, parse_target, read_inventory
    from tlsprobe.journal import read_scans
    from tlsprobe.limits import Limits
    from tlsprobe.report.writing import write_reports
    from tlsprobe.rules import RULES, Finding, judge
    from tlsprobe.scan import ScanConfig

__version__ = "0.1.0"

_HOMES = {
    "assess": "tlsprobe.assessment",
    "Limits": "tlsprobe.limits",
    "run": "tlsprobe.engines.local",
    "ServerScan": "tlsprobe.facts",
    "Target": "tlsprobe.inventory",
    "parse_target": "tlsprobe.inventory",
    "read_inventory": "tlsprobe.inventory",
    "read_scans": "tlsprobe.journal",
    "write_reports": "tlsprobe.report.writing",
    "RULES": "tlsprobe.rules",
    "Finding": "tlsprobe.rules",
    "judge": "tlsprobe.rules",
    "ScanConfig": "tlsprobe.scan",
}

__all__ = [
    "RULES",
    "Finding",
    "Limits",
    "ScanConfig",
    "ServerScan",
    "Target",
    "__version__",
    "assess",
    "judge",
    "parse_target",
    "read_inventory",
    "read_scans",
    "run",
    "write_reports",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
