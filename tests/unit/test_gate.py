from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import pytest

from tests.unit.run_infos import BAD_ROW, run_info
from tlsprobe.assessment import Assessment, judged_with
from tlsprobe.facts import FormAccepted, LeadingZeros, PremasterZeros, ServerScan, Status
from tlsprobe.gate import ExitCode, exit_code, is_incomplete
from tlsprobe.inventory import BadRow, parse_target
from tlsprobe.rules import Confidence, Finding, Severity, judge
from tlsprobe.rules.finding import fingerprint, sentence

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = parse_target("server.example")


def scan(status: Status = Status.ASSESSED, zeros: LeadingZeros | None = None) -> ServerScan:
    return ServerScan(TARGET, status, "", NOW, 0.1, zeros=zeros)


def zeros(answer: PremasterZeros, form: FormAccepted = FormAccepted.ACCEPTED) -> LeadingZeros:
    return LeadingZeros(answer, form, form)


def run(
    *scans: ServerScan, findings: Sequence[Finding] = (), bad_rows: tuple[BadRow, ...] = ()
) -> Assessment:
    """Judge a run whose first server has these findings."""
    judged = tuple(judged_with(each, findings if at == 0 else ()) for at, each in enumerate(scans))
    return Assessment(run_info(bad_rows=bad_rows), judged)


def finding(severity: Severity) -> Finding:
    return Finding(
        rule="DHE004",
        name="unfixed-windows-lands-on-dhe",
        severity=severity,
        confidence=Confidence.INFERRED,
        title=sentence("rule.DHE004.title"),
        why=sentence("rule.DHE004.why"),
        recommendation=(sentence("rule.DHE004.recommendation"),),
        evidence=(),
        expected_failure_rate=None,
        sources=(),
        fingerprint=fingerprint(TARGET, "DHE004"),
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.ASSESSED, ExitCode.CLEAN),
        (Status.PARTLY_ASSESSED, ExitCode.INCOMPLETE),
        (Status.UNREACHABLE, ExitCode.INCOMPLETE),
        (Status.UNTESTABLE, ExitCode.INCOMPLETE),
        (Status.NO_TLS, ExitCode.INCOMPLETE),
        (Status.EXCLUDED, ExitCode.USAGE),
        (Status.NOT_SCANNED, ExitCode.USAGE),
    ],
)
def test_each_status_alone(status: Status, code: ExitCode) -> None:
    assert exit_code(run(scan(status)), fail_on=Severity.HIGH) is code


@pytest.mark.parametrize("stopped", ["until", "window"])
@pytest.mark.parametrize("allow_incomplete", [False, True])
def test_a_night_without_a_turn_for_anybody_is_incomplete(
    stopped: Literal["until", "window"], allow_incomplete: bool
) -> None:
    """So that whoever goes on until the exit code is no longer 3 goes on."""
    whole = run(scan(Status.NOT_SCANNED), scan(Status.EXCLUDED))
    night = replace(whole, info=replace(whole.info, finished=None, stopped=stopped))
    code = exit_code(night, fail_on=Severity.HIGH, allow_incomplete=allow_incomplete)
    assert code is ExitCode.INCOMPLETE


def test_nothing_scanned_is_never_clean() -> None:
    assert exit_code(run(), fail_on=Severity.HIGH, allow_incomplete=True) is ExitCode.USAGE


def test_findings_win_over_gaps() -> None:
    scans = (scan(), scan(Status.UNREACHABLE))
    assert (
        exit_code(run(*scans, findings=[finding(Severity.HIGH)]), fail_on=Severity.HIGH) is ExitCode.FINDINGS
    )
    assert (
        exit_code(run(*scans, findings=[finding(Severity.MEDIUM)]), fail_on=Severity.HIGH)
        is ExitCode.INCOMPLETE
    )
    assert (
        exit_code(run(*scans, findings=[finding(Severity.CRITICAL)]), fail_on=Severity.NONE)
        is ExitCode.INCOMPLETE
    )


def test_allow_incomplete_and_bad_rows() -> None:
    assert exit_code(run(scan(), bad_rows=(BAD_ROW,)), fail_on=Severity.HIGH) is ExitCode.INCOMPLETE
    assert (
        exit_code(run(scan(), bad_rows=(BAD_ROW,)), fail_on=Severity.HIGH, allow_incomplete=True)
        is ExitCode.CLEAN
    )


@pytest.mark.parametrize("answer", PremasterZeros)
def test_unanswered_zeros_are_incomplete(answer: PremasterZeros) -> None:
    unanswered = answer in (PremasterZeros.INCONCLUSIVE, PremasterZeros.UNTESTABLE)
    assert is_incomplete(scan(zeros=zeros(answer))) is unanswered


@pytest.mark.parametrize("form", FormAccepted)
def test_unanswered_share_forms_are_incomplete(form: FormAccepted) -> None:
    unanswered = form in (FormAccepted.INCONCLUSIVE, FormAccepted.UNTESTABLE)
    assert is_incomplete(scan(zeros=zeros(PremasterZeros.STRIPPED, form))) is unanswered


def test_a_server_without_dhe_is_clean() -> None:
    assert judge(scan()) == ()
