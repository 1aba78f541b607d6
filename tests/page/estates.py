"""Runs to make pages of: the sample's servers, once or many times over, and one that means harm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path

from tests.unit.run_infos import run_info
from tlsprobe.assessment import (
    Assessment,
    Baseline,
    Change,
    Judged,
    Missing,
    Standing,
    Waiver,
    assess,
    judged,
)
from tlsprobe.assessment.baseline import FindingBefore
from tlsprobe.facts import Banner, ServerScan, Status, accepts_dhe
from tlsprobe.inventory import Target
from tlsprobe.journal import read_scans
from tlsprobe.rules import Severity

SAMPLE = Path(__file__).parents[2] / "reports" / "sample"
OWNERS = ("Payments", "Identity", "Shop & Till", "Ünïted <b>", "")
ENVIRONMENTS = ("production", "test")
NAMES_OF_64_KB = "A" * 65_536
HOSTILE = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=document.title='owned'>",
    "{{ 7 * 191 }} {% raw %} ${7*191}",
    "\u202egpj.exe\u2066",
    "nul \x00 bell \x07 escape \x1b[31m",
    "</script><script>document.title='owned'</script>",
    "</template><h1>owned</h1>",
    '=HYPERLINK("http://example.com","x")',
    "<!--<script>",
    NAMES_OF_64_KB,
)


@cache
def _sample() -> tuple[Judged, ...]:
    return tuple(judged(scan) for scan in read_scans(SAMPLE) if accepts_dhe(scan))


def _servers() -> Iterator[Judged]:
    """The sample's servers without end, each time under another name: judged once, as facts stay."""
    number = 0
    while True:
        for each in _sample():
            yield replace(each, scan=replace(each.scan, target=_target(number)))
            number += 1


def _target(number: int) -> Target:
    owner, environment = OWNERS[number // 4 % len(OWNERS)], ENVIRONMENTS[number // 7 % len(ENVIRONMENTS)]
    return Target(
        line=number + 2,
        host=f"host-{number:05}.example.com",
        server_name=f"host-{number:05}.example.com",
        software="nginx",
        owner=owner,
        environment=environment,
        tags=(("asset", f"CI-{number:06}"), ("owner", owner)),
    )


def estate(count: int) -> Assessment:
    """A run of so many servers, one of them out of reach."""
    lost = ServerScan(_target(count), Status.UNREACHABLE, "refused", run_info().started, 0.1, detail="no")
    every = [*islice(_servers(), count - 1), judged(lost)]
    ranks = {"critical": 0, "high": 1, "medium": 2, "none": 3}
    every.sort(key=lambda each: ranks[each.severity] if each.severity else 9)
    return Assessment(run_info(), tuple(every))


def with_history(run: Assessment) -> Assessment:
    """The same run beside a baseline, with a waiver that holds and one that is over."""
    until = (date(2026, 12, 31), date(2026, 1, 31))
    holds, over = (
        Waiver("*", "*", f"reason-{each.year}-{each.month} <i>", "accepted-risk", "M. Sato", each)
        for each in until
    )
    changes = tuple(Change)
    servers: list[Judged] = []
    for place, each in enumerate(run.servers):
        standings = {
            found.rule: Standing(
                each.scan.started,
                waiver=holds if place == 1 else None,
                expired=over if place == 2 else None,
                change=changes[place % len(changes)],
            )
            for found in each.findings
        }
        servers.append(replace(each, standings=standings))
    before = FindingBefore("DHE004", Severity.HIGH, 1 / 256, run.info.started)
    return replace(
        run,
        servers=tuple(servers),
        baseline=Baseline("before", run.info.started, ()),
        gone=tuple(Missing(each.scan, before) for each in run.servers[-2:]),
        unmatched=(replace(holds, host="nowhere.example.com"),),
    )


def hostile(texts: Sequence[str] = HOSTILE) -> Assessment:
    """Servers whose every text, and whose owners, are hostile."""
    scan = _sample()[0].scan
    scans = [
        replace(
            scan,
            target=Target(
                line=place + 2,
                host=text,
                server_name=text,
                software=text,
                owner=text,
                environment=text,
                notes=text,
                tags=((text, text),),
            ),
            status_reason="flapping",
            status=Status.PARTLY_ASSESSED,
            detail=text,
            banners=(Banner("greeting", text),),
        )
        for place, text in enumerate(texts)
    ]
    return assess(scans, run_info(bad_rows=(), notices=()))
