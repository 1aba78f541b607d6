"""report.junit.xml: what Jenkins and GitLab are told of each server and rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

from tests.unit.assessments import FIRST_SEEN, WAIVER, assessment, assessments, not_asked, without_dhe
from tests.unit.landing_cases import OFF_DHE, UNCLEAR, landing, server, share, zeros
from tests.unit.run_infos import BAD_ROW, run_info
from tlsprobe.assessment import Assessment, Change, Standing
from tlsprobe.facts import FormAccepted, LeadingZeros, PremasterZeros, ServerScan, ShareEncoding, Status
from tlsprobe.inventory import Target
from tlsprobe.report import junit
from tlsprobe.rules import RULES, Severity
from tlsprobe.wording import SENTENCES

LANDS = server(landing("windows-7"), ys=share(ShareEncoding.PADDED))


def cases(run: Assessment, fail_on: Severity = Severity.HIGH) -> dict[str, TestCase]:
    """The cases of a run of one server, by the rule's id."""
    (suite,) = JUnitXml.fromstring(junit.render(run, fail_on=fail_on))
    return {case.classname.split()[0]: case for case in suite}


def kinds(scan: ServerScan) -> dict[str, type | None]:
    made = cases(assessment(scan))
    return {rule: type(case.result[0]) if case.result else None for rule, case in made.items()}


@given(assessments())
def test_no_two_cases_have_one_name(run: Assessment) -> None:
    report = JUnitXml.fromstring(junit.render(run))
    names = Counter((case.classname, case.name) for suite in report for case in suite)
    assert set(names.values()) <= {1}


def test_counts_are_written() -> None:
    report = JUnitXml.fromstring(junit.render(assessment(LANDS)))
    suite = next(iter(report))
    assert (report.tests, report.failures, report.errors, report.skipped) == (len(RULES), 1, 0, 0)
    assert (suite.tests, suite.failures) == (len(RULES), 1)
    assert (suite.name, suite.timestamp, suite.time) == ("a.example:443", "2026-01-02T00:00:00", 1.0)
    assert report.time == 1.0


def test_a_finding_fails_with_its_evidence_and_what_to_do() -> None:
    (failure,) = cases(assessment(LANDS))["DHE004"].result
    assert isinstance(failure, Failure)
    assert failure.message == SENTENCES["rule.DHE004.title"]
    assert failure.type == "high"
    assert "windows-7" in failure.text
    assert SENTENCES["rule.DHE004.recommendation"] in failure.text


def test_a_waived_finding_is_skipped_with_its_justification() -> None:
    waived = {"DHE004": Standing(FIRST_SEEN, waiver=WAIVER, change=Change.NEW)}
    (skipped,) = cases(assessment(LANDS, standings=[waived]))["DHE004"].result
    assert isinstance(skipped, Skipped)
    assert (
        skipped.message
        == "Waived until 2026-09-01: not-applicable, approved by K. Ito. No Windows client <here>."
    )


def test_an_expired_waiver_fails_and_says_so_though_the_baseline_knows_the_finding() -> None:
    expired = {"DHE004": Standing(FIRST_SEEN, expired=WAIVER, change=Change.SAME)}
    (failure,) = cases(assessment(LANDS, standings=[expired]))["DHE004"].result
    assert isinstance(failure, Failure)
    assert failure.text.startswith("Its waiver expired on 2026-09-01: not-applicable, approved by K. Ito. ")


@pytest.mark.parametrize("change", Change)
def test_what_the_baseline_had_is_skipped(change: Change) -> None:
    (result,) = cases(assessment(LANDS, standings=[{"DHE004": Standing(FIRST_SEEN, change=change)}]))[
        "DHE004"
    ].result
    fails = change in (Change.NEW, Change.WORSE)
    assert isinstance(result, Failure if fails else Skipped)
    if not fails:
        assert result.message == SENTENCES["ci.not-counted.known"]
        assert "windows-7" in result.text


@pytest.mark.parametrize(
    ("fail_on", "fails"),
    [(Severity.LOW, True), (Severity.HIGH, True), (Severity.CRITICAL, False), (Severity.NONE, False)],
)
def test_only_what_the_run_is_to_fail_on_fails(fail_on: Severity, fails: bool) -> None:
    (result,) = cases(assessment(LANDS), fail_on)["DHE004"].result
    assert isinstance(result, Failure if fails else Skipped)
    if not fails:
        assert fail_on.value in result.message


def test_a_server_without_dhe_passes_everything() -> None:
    assert set(kinds(without_dhe(Target(line=2, host="a.example"))).values()) == {None}


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (Status.UNREACHABLE, "refused", Error),
        (Status.NO_TLS, "not-tls", Error),
        (Status.UNTESTABLE, "client-certificate-required", Error),
        (Status.NOT_SCANNED, "interrupted", Error),
        (Status.EXCLUDED, "excluded", Skipped),
    ],
)
def test_what_was_not_asked_passes_nothing(status: Status, reason: str, kind: type) -> None:
    made = cases(assessment(not_asked(Target(line=2, host="a.example"), status, reason)))
    assert len(made) == len(RULES)
    for case in made.values():
        (result,) = case.result
        assert isinstance(result, kind)
        assert result.type == reason
        assert result.message == SENTENCES[f"status-reason.{reason}"]


def partly(scan: ServerScan, reason: str) -> ServerScan:
    return replace(scan, status=Status.PARTLY_ASSESSED, status_reason=reason)


@pytest.mark.parametrize("answer", [PremasterZeros.UNTESTABLE, PremasterZeros.INCONCLUSIVE])
def test_zeros_that_could_not_be_tried_leave_their_rules_open(answer: PremasterZeros) -> None:
    form = FormAccepted(answer.value)
    scan = partly(replace(LANDS, zeros=LeadingZeros(answer, form, form, reason="psk")), f"zeros-{answer}")
    made = kinds(scan)
    assert made["DHE001"] is made["DHE002"] is Error
    assert made["DHE004"] is Failure
    assert made["DHE007"] is made["DHE008"] is None
    assert SENTENCES["zeros-reason.psk"] in cases(assessment(scan))["DHE001"].result[0].message


def test_a_server_that_stopped_answering_leaves_all_open_but_what_was_found() -> None:
    made = kinds(partly(LANDS, "flapping"))
    assert made.pop("DHE004") is Failure
    assert set(made.values()) == {Error}


def test_landings_that_are_unclear_leave_open_who_lands() -> None:
    scan = partly(
        server(landing("windows-7", OFF_DHE), landing("windows-8", UNCLEAR), ys=share(ShareEncoding.PADDED)),
        "landings-unclear",
    )
    made = kinds(scan)
    assert made["DHE006"] is made["DHE009"] is Error
    assert made["DHE001"] is made["DHE010"] is None


@pytest.mark.parametrize(
    ("scan", "rule", "says"),
    [
        (replace(LANDS, share=share(ShareEncoding.UNOBSERVED)), "DHE003", "300 distinct shares"),
        (replace(LANDS, share=None), "DHE008", SENTENCES["ci.undecided.reuse"]),
        (replace(LANDS, zeros=zeros(PremasterZeros.MIXED)), "DHE001", SENTENCES["evidence.z.mixed"]),
        (replace(LANDS, zeros=None), "DHE001", SENTENCES["evidence.z.not-asked"]),
        (replace(LANDS, zeros=zeros(short="mixed")), "DHE002", SENTENCES["ci.undecided.client-share"]),
        (replace(LANDS, landings=()), "DHE006", SENTENCES["report.gap.landing"]),
        (
            replace(LANDS, extended_master_secret=None),
            "DHE009",
            SENTENCES["report.gap.extended-master-secret"],
        ),
    ],
    ids=["share", "reuse", "mixed", "zeros", "client-share", "landings", "ems"],
)
def test_what_chance_did_not_show_is_skipped_and_says_so(scan: ServerScan, rule: str, says: str) -> None:
    (result,) = cases(assessment(scan))[rule].result
    assert isinstance(result, Skipped)
    assert says in result.message


def test_a_short_share_matters_only_where_an_unfixed_windows_lands() -> None:
    elsewhere = server(landing("windows-7", OFF_DHE), ys=share(ShareEncoding.UNOBSERVED))
    assert kinds(elsewhere)["DHE003"] is None


def test_a_row_that_could_not_be_used_is_an_error_at_its_line() -> None:
    run = replace(assessment(LANDS), info=run_info(bad_rows=(BAD_ROW,)))
    *_, rows = JUnitXml.fromstring(junit.render(run))
    (case,) = rows
    assert (rows.name, case.classname, case.name) == ("servers.csv", "bad-port", "line 7")
    assert isinstance(case.result[0], Error)
    assert case.result[0].message == BAD_ROW.message


def test_each_case_stands_on_a_line_of_its_own() -> None:
    lines = junit.render(assessment(LANDS)).splitlines()
    assert (
        sum("<testcase " in line for line in lines)
        == len(RULES)
        == sum(line.startswith("<testcase ") for line in lines)
    )


def test_a_run_of_no_server_is_a_report_without_suites() -> None:
    text = junit.render(assessment())
    assert list(JUnitXml.fromstring(text)) == []
    assert text.splitlines()[1].startswith('<testsuites name="tlsprobe" tests="0"')
