"""One row per endpoint, one row per finding: the tables that other people's scripts read.

Names, order and values are a contract, written down in docs/output.md. Every cell is text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from tlsprobe.assessment import Assessment, Judged, has_no_dhe
from tlsprobe.facts import DheSuites, ServerScan, Status, accepts_dhe, groups_of
from tlsprobe.inventory import BadRow, Reason
from tlsprobe.journal import RunInfo
from tlsprobe.report.csv import to_csv
from tlsprobe.report.phrases import Phrases
from tlsprobe.rules import Finding, clients_of, is_locked_out, who_counts, windows_of
from tlsprobe.stacks import identify
from tlsprobe.tls.constants import version_label
from tlsprobe.tls.suites import suite_name
from tlsprobe.wording import Wording, wording

if TYPE_CHECKING:
    import pandas as pd

# Those that say n/a for a server without DHE.
DHE_COLUMNS = (
    "dhe_suites",
    "suite_order",
    "dhe_versions",
    "group_bits",
    "group_name",
    "server_share",
    "server_share_samples",
    "server_share_reused",
    "premaster_zeros",
    "short_client_share",
    "padded_client_share",
)
ENDPOINT_COLUMNS = (
    "host",
    "port",
    "server_name",
    "address",
    "status",
    "status_reason",
    "severity",
    "findings",
    *DHE_COLUMNS,
    "extended_master_secret",
    "stack",
    "stack_confidence",
    "windows",
    "windows_version",
    "clients_on_dhe",
    "clients_locked_out",
    "expected_failure_rate",
    "expected_failures_per_day",
    "fix_side",
    "confidence",
    "first_seen",
    "waived",
)
PROBLEM_COLUMN = "problem"  # behind the inventory's own
FINDING_COLUMNS = (
    "fingerprint",
    "host",
    "port",
    "server_name",
    "rule",
    "name",
    "severity",
    "confidence",
    "title",
    "evidence",
    "expected_failure_rate",
    "recommendation",
    "source",
    "waived",
    "first_seen",
    "last_seen",
    "change",
    "address",
)
NO_DHE = "n/a"
NOT_PUBLISHED = "unknown"  # a group's name
_ASKED = (Status.ASSESSED, Status.PARTLY_ASSESSED, Status.UNTESTABLE)

_ROWS_AT_A_TIME = 500

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows are made as they are read, once: those of 10,000 servers are 80 MB of text."""

    columns: tuple[str, ...]
    rows: Iterator[Row]

    def frame(self) -> pd.DataFrame:
        """Return the whole table; every cell is text."""
        return _frame(list(self.rows), self.columns)

    def csv(self) -> Iterator[str]:
        """Yield it as CSV, piece by piece."""
        yield to_csv(_frame((), self.columns))
        while piece := list(islice(self.rows, _ROWS_AT_A_TIME)):
            yield to_csv(_frame(piece, self.columns), header=False)


def endpoints(assessment: Assessment, *, lang: str = "en") -> Table:
    """Return endpoints.csv: the servers, and the rows that could not be used; by line."""
    every = sorted(assessment.servers, key=lambda each: each.scan.target.place)
    tags = _tag_columns(each.scan for each in every)
    columns = (*ENDPOINT_COLUMNS, *tags.values(), PROBLEM_COLUMN)
    return Table(columns, _endpoint_rows(every, assessment.info, tags, Phrases(wording(lang))))


def _endpoint_rows(
    every: Sequence[Judged], info: RunInfo, tags: dict[str, str], phrases: Phrases
) -> Iterator[Row]:
    lines: list[tuple[int, Judged | BadRow]] = [(each.scan.target.line, each) for each in every]
    lines += [(bad.line, bad) for bad in info.bad_rows]
    for _, each in sorted(lines, key=lambda line: line[0]):
        if isinstance(each, BadRow):
            yield _bad_row(each, info.started, phrases)
        else:
            yield _endpoint_row(each, tags, phrases)


def findings(assessment: Assessment, *, lang: str = "en") -> Table:
    """Return findings.csv, the worst first."""
    words = wording(lang)
    worst_first = sorted(assessment.findings, key=lambda pair: -pair[1].severity.rank)
    return Table(FINDING_COLUMNS, (_finding_row(each, found, words) for each, found in worst_first))


def endpoints_frame(assessment: Assessment, *, lang: str = "en") -> pd.DataFrame:
    """Return endpoints.csv as a frame."""
    return endpoints(assessment, lang=lang).frame()


def findings_frame(assessment: Assessment, *, lang: str = "en") -> pd.DataFrame:
    """Return findings.csv as a frame."""
    return findings(assessment, lang=lang).frame()


def findings_jsonl(assessment: Assessment, *, lang: str = "en") -> Iterator[str]:
    """Yield each row of findings.csv as a flat object on a line, with the run, its time and the tool."""
    info = assessment.info
    run = {"run_id": info.run_id, "time": utc(info.started), "tool_version": info.tool_version}
    for row in findings(assessment, lang=lang).rows:
        yield json.dumps(run | row) + "\n"


def utc(moment: datetime) -> str:
    """Return an ISO 8601 time to the second, such as `2026-03-01T12:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def decimal(number: float | None) -> str:
    """Return at most six significant digits, never with an exponent; empty where not known."""
    if number is None:
        return ""
    return f"{Decimal(f'{number:.6g}'):f}"


def _frame(rows: Sequence[Row], columns: Sequence[str]) -> pd.DataFrame:
    # Imported here: it takes a quarter of a second, and `probe` prints no table.
    import pandas as pd  # noqa: PLC0415

    return pd.DataFrame(
        [[row.get(name, "") for name in columns] for row in rows], columns=list(columns), dtype=str
    )


def _endpoint_row(each: Judged, tags: dict[str, str], phrases: Phrases) -> Row:
    scan = each.scan
    target = scan.target
    own = dict(target.tags)
    return {
        "host": target.host,
        "port": str(target.port),
        "server_name": target.server_name or "",
        "address": _address(scan),
        "status": scan.status.value,
        "status_reason": scan.status_reason,
        "severity": each.severity.value if each.severity else "",
        "findings": " ".join(found.rule for found in each.findings),
        **_dhe_cells(scan),
        "extended_master_secret": _yes_no(scan.extended_master_secret) if scan.status in _ASKED else "",
        **_stack_cells(scan),
        **_windows_cells(scan),
        **_client_cells(scan),
        "expected_failure_rate": decimal(each.rate),
        "expected_failures_per_day": decimal(each.per_day),
        "fix_side": each.fix.value if each.fix else "",
        "confidence": each.worst.confidence.value if each.worst else "",
        "first_seen": utc(each.first_seen),
        "waived": " ".join(found.rule for found in each.findings if each.standing(found).waiver),
        **{column: own.get(name, "") for name, column in tags.items()},
        PROBLEM_COLUMN: phrases.problem(scan),
    }


def _address(scan: ServerScan) -> str:
    return scan.address or scan.target.address or ""


# Of these the spoilt value is the host's. An older run.json says nothing else of a bad row's host.
_ABOUT_THE_HOST = (Reason.BAD_HOST, Reason.TWO_HOSTS)


def _bad_row(bad: BadRow, started: datetime, phrases: Phrases) -> Row:
    return {
        "host": bad.host or (bad.value if bad.reason in _ABOUT_THE_HOST else ""),
        "status": Status.NOT_SCANNED.value,
        "status_reason": bad.reason.value,
        "first_seen": utc(started),
        PROBLEM_COLUMN: phrases.bad_row_at(bad),
    }


def _dhe_cells(scan: ServerScan) -> Row:
    if has_no_dhe(scan):
        return dict.fromkeys(DHE_COLUMNS, NO_DHE)
    cells: Row = {}
    if scan.dhe is not None and accepts_dhe(scan):
        cells |= _suite_cells(scan.dhe)
    if groups := groups_of(scan):
        cells |= {"group_bits": str(groups[0].bits), "group_name": groups[0].name or NOT_PUBLISHED}
    if scan.share is not None:
        cells |= {
            "server_share": scan.share.encoding.value,
            "server_share_samples": str(scan.share.samples),
            "server_share_reused": _yes_no(scan.share.reused),
        }
    if scan.zeros is not None:
        cells |= {
            "premaster_zeros": scan.zeros.premaster_zeros.value,
            "short_client_share": scan.zeros.short_client_share.value,
            "padded_client_share": scan.zeros.padded_client_share.value,
        }
    return cells


def _stack_cells(scan: ServerScan) -> Row:
    """Name who terminates TLS; no confidence in an `unknown`, and nothing where it was not asked."""
    if not scan.glances:
        return {}
    stack = identify(scan)
    return {"stack": stack.family, "stack_confidence": stack.confidence if stack.is_known else ""}


def _windows_cells(scan: ServerScan) -> Row:
    if scan.status not in _ASKED:
        return {}
    windows = windows_of(scan)
    return {"windows": windows.is_windows.value, "windows_version": windows.version}


def _client_cells(scan: ServerScan) -> Row:
    """Name the profiles on DHE, those included that then refuse the group, and those that need it."""
    who = who_counts(scan)
    return {
        "clients_on_dhe": " ".join(clients_of(who.on_dhe)),
        "clients_locked_out": " ".join(clients_of(each for each in who.anyone if is_locked_out(each))),
    }


def _suite_cells(dhe: DheSuites) -> Row:
    names = dict.fromkeys(suite_name(each.suite) for each in dhe.accepted)
    versions = sorted({each.version for each in dhe.accepted}, reverse=True)
    return {
        "dhe_suites": " ".join(names),
        "suite_order": dhe.order.value,
        # "SSL 3.0" would be two entries of a list.
        "dhe_versions": " ".join(version_label(each).replace(" ", "") for each in versions),
    }


def _finding_row(each: Judged, found: Finding, words: Wording) -> Row:
    scan, standing = each.scan, each.standing(found)
    return {
        "fingerprint": found.fingerprint,
        "host": scan.target.host,
        "port": str(scan.target.port),
        "server_name": scan.target.server_name or "",
        "rule": found.rule,
        "name": found.name,
        "severity": found.severity.value,
        "confidence": found.confidence.value,
        "title": found.title.render(words),
        "evidence": words.joined(said.render(words) for said in found.evidence),
        "expected_failure_rate": decimal(found.expected_failure_rate),
        "recommendation": found.recommended(words),
        "source": "; ".join(found.sources),
        "waived": _yes_no(standing.waiver is not None),
        "first_seen": utc(standing.first_seen),
        "last_seen": utc(scan.started),
        "change": standing.change.value if standing.change else "",
        "address": _address(scan),
    }


def _tag_columns(scans: Iterable[ServerScan]) -> dict[str, str]:
    """Name a column for each tag, in the order they first turn up, so that none is taken twice."""
    taken = {name.casefold() for name in (*ENDPOINT_COLUMNS, PROBLEM_COLUMN)}
    columns: dict[str, str] = {}
    for name in dict.fromkeys(name for scan in scans for name, _ in scan.target.tags):
        column = name
        while column.casefold() in taken:
            column = f"inventory_{column}"
        taken.add(column.casefold())
        columns[name] = column
    return columns


def _yes_no(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"
