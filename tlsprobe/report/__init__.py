"""Reports of a run: report.html for people, endpoints.csv, findings.csv and findings.jsonl for programs.

pandas and jinja2 are imported in this package and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from tlsprobe.facts import ServerScan
from tlsprobe.files import write_whole
from tlsprobe.journal import RunInfo
from tlsprobe.report import html
from tlsprobe.report.csv import to_csv
from tlsprobe.report.tables import (
    ENDPOINT_COLUMNS,
    FINDING_COLUMNS,
    endpoints_frame,
    findings_frame,
    findings_jsonl,
)

__all__ = [
    "ENDPOINT_COLUMNS",
    "FINDING_COLUMNS",
    "FORMATS",
    "endpoints_csv",
    "endpoints_frame",
    "findings_csv",
    "findings_frame",
    "findings_jsonl",
    "write_reports",
]


def write_reports(
    run_dir: Path,
    scans: Iterable[ServerScan],
    info: RunInfo,
    *,
    formats: Collection[str] = ("html", "csv"),
    lang: str = "en",
) -> list[Path]:
    """Write the reports into the run's folder, each whole or not at all; return their paths.

    Raises ValueError for an unknown format before anything is written, and OSError.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise ValueError(f"unknown report formats: {', '.join(unknown)}")
    scans = tuple(scans)
    written = []
    for name in (name for name in FORMATS if name in formats):
        for file_name, render in FORMATS[name].items():
            path = run_dir / file_name
            write_whole(path, render(scans, info, lang).encode())
            written.append(path)
    return written


def endpoints_csv(scans: Iterable[ServerScan], info: RunInfo | None = None) -> str:
    """Return endpoints.csv; with `info` the inventory's bad rows are in it."""
    return to_csv(endpoints_frame(scans, info))


def findings_csv(scans: Iterable[ServerScan], info: RunInfo | None = None, *, lang: str = "en") -> str:
    """Return findings.csv. `info` is taken as by `endpoints_csv`; nothing of it is in the table."""
    del info
    return to_csv(findings_frame(scans, lang=lang))


_Render = Callable[[Sequence[ServerScan], RunInfo, str], str]

FORMATS: dict[str, dict[str, _Render]] = {
    "html": {"report.html": lambda scans, info, lang: html.render(scans, info, lang=lang)},
    "csv": {
        "endpoints.csv": lambda scans, info, _: endpoints_csv(scans, info),
        "findings.csv": lambda scans, info, lang: findings_csv(scans, info, lang=lang),
    },
    "jsonl": {"findings.jsonl": lambda scans, info, lang: "".join(findings_jsonl(scans, info, lang=lang))},
}
