"""Judged runs of every kind, for the laws that all reports keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from tests.unit.landing_cases import landing_scans
from tests.unit.run_infos import BAD_ROW, run_info
from tlsprobe.assessment import Assessment, Change, Judged, Standing, Waiver, judged_with
from tlsprobe.assessment.judged import rank
from tlsprobe.facts import DheSuites, ServerScan, Status, SuiteOrder
from tlsprobe.inventory import Target
from tlsprobe.rules import judge

FIRST_SEEN = datetime(2025, 12, 1, tzinfo=UTC)
WAIVER = Waiver(
    "DHE004", "*.example", "No Windows client <here>.", "not-applicable", "K. Ito", date(2026, 9, 1)
)
HOSTILE = "<b>{0}]]>\x00\x1b[31m\u202e\ufffe\ud800=1"

EVERY_SCAN = tuple(landing_scans())
_WHY = {
    Status.PARTLY_ASSESSED: (
        "dhe-incomplete",
        "deadline",
        "zeros-untestable",
        "landings-unclear",
        "flapping",
    ),
    Status.NO_TLS: ("not-tls",),
    Status.UNREACHABLE: ("refused", "timeout", HOSTILE),
    Status.UNTESTABLE: ("client-certificate-required",),
    Status.EXCLUDED: ("excluded",),
    Status.NOT_SCANNED: ("interrupted",),
}


def without_dhe(target: Target) -> ServerScan:
    """A server that refuses every DHE suite."""
    suites = DheSuites((), SuiteOrder.UNKNOWN, None, complete=True)
    return ServerScan(target, Status.ASSESSED, "", run_info().started, 1.0, dhe=suites)


def not_asked(target: Target, status: Status, reason: str, detail: str = "") -> ServerScan:
    """A server that the scan got nothing from."""
    return ServerScan(target, status, reason, run_info().started, 0.1, detail=detail)


def assessment(*scans: ServerScan, standings: Sequence[Mapping[str, Standing]] = ()) -> Assessment:
    """Judge scans that stand as told, server by server."""
    every = [*standings, *({} for _ in scans[len(standings) :])]
    servers = [judged_with(scan, judge(scan), said) for scan, said in zip(scans, every, strict=True)]
    return Assessment(run_info(bad_rows=()), tuple(sorted(servers, key=rank)))


@st.composite
def _scans(draw: st.DrawFn, line: int) -> ServerScan:
    name = draw(st.sampled_from([f"s{line}.example", "same.example", "2001:db8::1", f"s{line}{HOSTILE}"]))
    target = Target(line=line, host=name, server_name=draw(st.sampled_from([None, name, "other.example"])))
    status = draw(st.sampled_from(Status))
    if status is Status.ASSESSED:
        scan = draw(st.sampled_from(EVERY_SCAN))
        return draw(st.sampled_from([replace(scan, target=target), without_dhe(target)]))
    reason = draw(st.sampled_from(_WHY[status]))
    if status is Status.PARTLY_ASSESSED:
        partly = replace(
            draw(st.sampled_from(EVERY_SCAN)), target=target, status=status, status_reason=reason
        )
        return replace(partly, detail=HOSTILE)
    return not_asked(target, status, reason, HOSTILE)


@st.composite
def _judged(draw: st.DrawFn, line: int, *, baseline: bool) -> Judged:
    scan = draw(_scans(line))
    changes = st.sampled_from(Change) if baseline else st.none()
    waivers = st.sampled_from([None, None, WAIVER, replace(WAIVER, reason=HOSTILE, approver=HOSTILE)])
    findings = judge(scan)
    standings = {
        found.rule: Standing(FIRST_SEEN, draw(waivers), draw(st.sampled_from([None, WAIVER])), draw(changes))
        for found in findings
    }
    return judged_with(scan, findings, standings)


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    """Draw a run of up to six servers, with waivers, with a baseline or without, bad rows, hostile text."""
    baseline = draw(st.booleans())
    servers = [draw(_judged(line, baseline=baseline)) for line in range(2, 2 + draw(st.integers(0, 6)))]
    rows = draw(st.sampled_from([(), (BAD_ROW, replace(BAD_ROW, line=8, message=HOSTILE))]))
    finished = draw(st.sampled_from([None, run_info().finished]))
    inventory = draw(st.sampled_from(["servers.csv", "sites/a b.csv", "/var/x.csv", "../x.csv", HOSTILE, ""]))
    info = run_info(bad_rows=rows, finished=finished, inventory=inventory, command=HOSTILE)
    return Assessment(info, tuple(sorted(servers, key=rank)))
