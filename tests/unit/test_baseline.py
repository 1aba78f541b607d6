"""What became of findings since an earlier run: laws over real scans, then the cases one by one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.run_infos import run_info
from tests.unit.sample_scans import JSSE, OPENSSL, S2N, SAMPLE, at, unobserved
from tlsprobe.assessment import Assessment, Change, assess
from tlsprobe.assessment.baseline import Baseline, read_baseline, write_baseline
from tlsprobe.assessment.remembered import baseline_of, read_as_baseline
from tlsprobe.decisions import read_decisions
from tlsprobe.facts import Glance, Landed, ServerScan, ShareEncoding, Status
from tlsprobe.gate import ExitCode, diff_exit_code, exit_code
from tlsprobe.inventory import parse_target
from tlsprobe.journal import Journal, JournalError, read_run_info, write_run_info
from tlsprobe.report import decided, html
from tlsprobe.report.diff import as_jsonl, findings
from tlsprobe.rules import Finding, Severity, judge
from tlsprobe.waivers import Waiver
from tlsprobe.wording import wording

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(1)


def run(*scans: ServerScan, days: int = 0, since: Assessment | Baseline | None = None) -> Assessment:
    """Judge scans made so many days after Monday."""
    baseline = baseline_of(since) if isinstance(since, Assessment) else since
    at_that_time = [replace(scan, started=MONDAY + days * DAY) for scan in scans]
    info = run_info(run_id=f"run-{days}", started=MONDAY + days * DAY, bad_rows=())
    return assess(at_that_time, info, baseline=baseline)


def changes(assessment: Assessment) -> dict[str, str | None]:
    return {found.rule: each.standing(found).change for each, found in assessment.findings}


def away(scan: ServerScan, status: Status = Status.UNREACHABLE) -> ServerScan:
    return ServerScan(scan.target, status, "timeout", scan.started, 0.1)


def without_dhe(scan: ServerScan) -> ServerScan:
    assert scan.dhe is not None
    return replace(scan, dhe=replace(scan.dhe, accepted=()), zeros=None, share=None, landings=())


def share_of(scan: ServerScan, **changes: object) -> ServerScan:
    assert scan.share is not None
    return replace(scan, share=replace(scan.share, **changes))  # type: ignore[arg-type]


def without_glances(scan: ServerScan) -> ServerScan:
    return replace(scan, glances=())


def of_no_known_library(scan: ServerScan) -> ServerScan:
    """Answer the odd hellos as no library does that was learned: nothing is inferred of its share."""
    glances = tuple(Glance(each.question, "alert", alert=(2, 40)) for each in scan.glances)
    return replace(scan, glances=glances)


STRANGE = of_no_known_library(JSSE)


# --- laws

FORMS = st.sampled_from(
    [lambda scan: scan, unobserved, away, without_dhe, without_glances, of_no_known_library]
)


@st.composite
def runs(draw: st.DrawFn) -> list[ServerScan]:
    """Some servers of the sample, each as it is, or unreachable, or less well known."""
    places = draw(st.lists(st.integers(0, 5), unique=True, max_size=4))
    return [draw(FORMS)(at(draw(st.sampled_from(SAMPLE)), f"s{place}.example")) for place in places]


@given(runs())
def test_a_run_is_its_own_baseline_without_any_change(scans: list[ServerScan]) -> None:
    first = run(*scans)
    again = run(*scans, since=first)
    assert set(changes(again).values()) <= {Change.SAME}
    assert (again.gone, again.not_known, again.left, again.came) == ((), (), (), ())
    assert exit_code(again, fail_on=Severity.INFO) is not ExitCode.FINDINGS
    assert [each.findings for each in again.servers] == [each.findings for each in first.servers]


@given(runs(), runs())
def test_every_finding_of_both_runs_is_accounted_for_once(
    old: list[ServerScan], new: list[ServerScan]
) -> None:
    before = run(*old)
    after = run(*new, days=1, since=before)
    lost = [(each.scan.target.host, each.found.rule) for each in (*after.gone, *after.not_known)]
    lost += [(each.target.host, found.rule) for each in after.left for found in each.findings]
    kept = [
        (each.scan.target.host, found.rule)
        for each, found in after.findings
        if each.before and each.before.finding(found.rule)
    ]
    assert Counter(lost + kept) == Counter(
        (each.scan.target.host, found.rule) for each, found in before.findings
    )
    assert len(findings(after)) == len(list(after.findings)) + len(lost)


@given(runs(), runs())
def test_what_is_new_one_way_is_missing_the_other_way(old: list[ServerScan], new: list[ServerScan]) -> None:
    there = run(*new, since=run(*old))
    back = run(*old, since=run(*new))
    came = {
        (each.scan.target.host, found.rule)
        for each, found in there.findings
        if each.standing(found).change is Change.NEW and not each.carried
    }
    missing = {(each.scan.target.host, each.found.rule) for each in (*back.gone, *back.not_known)}
    missing |= {(each.target.host, found.rule) for each in back.left for found in each.findings}
    assert came <= missing


@given(runs(), runs())
def test_what_is_worse_one_way_is_better_the_other_way(old: list[ServerScan], new: list[ServerScan]) -> None:
    there, back = run(*new, since=run(*old)), run(*old, since=run(*new))
    if any(each.carried for each in (*there.servers, *back.servers)):
        return

    def of(change: Change, assessment: Assessment) -> set[tuple[str, str]]:
        return {
            (each.scan.target.host, found.rule)
            for each, found in assessment.findings
            if each.standing(found).change is change and each.before and each.before.finding(found.rule)
        }

    assert of(Change.WORSE, there) == of(Change.BETTER, back)


@given(runs(), runs(), st.sampled_from(Severity), st.sampled_from(Severity))
def test_a_baseline_never_makes_the_gate_stricter_and_the_gate_is_monotone(
    old: list[ServerScan], new: list[ServerScan], one: Severity, other: Severity
) -> None:
    after = run(*new, since=run(*old))
    milder, worse = sorted((one, other), key=lambda each: each.rank)
    if exit_code(after, fail_on=worse) is ExitCode.FINDINGS:
        carried = any(each.carried for each in after.servers)
        assert carried or exit_code(run(*new), fail_on=worse) is ExitCode.FINDINGS
        assert milder is Severity.NONE or exit_code(after, fail_on=milder) is ExitCode.FINDINGS


@given(runs(), runs(), runs())
def test_nothing_is_first_seen_later_than_it_was(
    one: list[ServerScan], two: list[ServerScan], three: list[ServerScan]
) -> None:
    first = run(*one)
    second = run(*two, days=1, since=first)
    third = run(*three, days=2, since=second)
    before = {
        (each.scan.target.host, found.rule): each.standing(found).first_seen
        for each, found in second.findings
    }
    for each, found in third.findings:
        standing = each.standing(found)
        if standing.change is Change.NEW:
            assert standing.first_seen == each.scan.started
        elif (key := (each.scan.target.host, found.rule)) in before:
            assert standing.first_seen == before[key]


@given(runs(), runs())
def test_what_a_run_keeps_of_its_baseline_is_all_that_it_needs(
    old: list[ServerScan], new: list[ServerScan]
) -> None:
    baseline = baseline_of(run(*old))
    assert Baseline(baseline.run_id, baseline.started, baseline.servers) == baseline
    one, other = run(*new, since=baseline), run(*new, since=run(*old))
    assert list(as_jsonl(one)) == list(as_jsonl(other))


# --- worse and better


def with_landing_group(scan: ServerScan, factor: float) -> ServerScan:
    groups = tuple(replace(each, zero_probability=each.zero_probability * factor) for each in scan.groups)
    return replace(scan, groups=groups)


@pytest.mark.parametrize(
    ("factor", "change"),
    [(1.09, Change.SAME), (0.92, Change.SAME), (1.2, Change.WORSE), (0.8, Change.BETTER)],
)
def test_a_rate_has_to_move_by_more_than_a_tenth(factor: float, change: Change) -> None:
    after = run(with_landing_group(OPENSSL, factor), since=run(OPENSSL))
    assert changes(after)["DHE004"] is change


def test_a_worse_severity_is_worse() -> None:
    reused = share_of(JSSE, reused=True)
    assert changes(run(reused, since=run(JSSE)))["DHE003"] is Change.WORSE
    assert changes(run(JSSE, since=run(reused)))["DHE003"] is Change.BETTER


def test_dhe_that_no_old_windows_lands_on_any_more_is_what_is_left_and_not_new() -> None:
    spared = replace(
        OPENSSL, landings=tuple(each for each in OPENSSL.landings if each.leading_zero_fix == "yes")
    )
    assert "DHE005" in {found.rule for found in judge(spared)}
    after = run(spared, since=run(OPENSSL))
    assert changes(after)["DHE005"] is Change.BETTER
    assert [each.found.rule for each in after.gone] == ["DHE004"]
    assert exit_code(after, fail_on=Severity.INFO) is ExitCode.CLEAN
    assert changes(run(OPENSSL, since=run(spared)))["DHE004"] is Change.NEW


@pytest.mark.parametrize("status", [Status.UNREACHABLE, Status.EXCLUDED, Status.NOT_SCANNED])
def test_what_the_baseline_did_not_assess_is_new(status: Status) -> None:
    assert set(changes(run(JSSE, since=run(away(JSSE, status)))).values()) == {Change.NEW}
    assert set(changes(run(JSSE, since=run())).values()) == {Change.NEW}


# --- gone, and not known


def test_what_was_looked_for_is_gone() -> None:
    after = run(without_dhe(JSSE), since=run(JSSE))
    assert {each.found.rule for each in after.gone} == {"DHE003", "DHE004"}
    assert diff_exit_code(after, fail_on=Severity.HIGH) is ExitCode.CLEAN


def test_what_could_not_be_looked_for_is_not_gone() -> None:
    after = run(away(JSSE), since=run(JSSE))
    assert after.gone == ()
    assert {each.found.rule for each in after.not_known} == {"DHE003", "DHE004"}
    assert diff_exit_code(after, fail_on=Severity.HIGH) is ExitCode.INCOMPLETE
    assert diff_exit_code(after, fail_on=Severity.HIGH, allow_incomplete=True) is ExitCode.CLEAN


def test_a_gap_that_hides_no_finding_is_none_for_diff() -> None:
    after = run(OPENSSL, away(S2N), since=run(OPENSSL))
    assert diff_exit_code(after, fail_on=Severity.HIGH) is ExitCode.CLEAN
    assert exit_code(after, fail_on=Severity.HIGH) is ExitCode.INCOMPLETE


def test_a_server_that_left_is_neither() -> None:
    after = run(OPENSSL, since=run(OPENSSL, JSSE))
    assert (after.gone, after.not_known) == ((), ())
    assert [each.target.host for each in after.left] == [JSSE.target.host]


def test_a_night_without_an_answer_makes_nothing_new() -> None:
    first = run(JSSE)
    second = run(away(JSSE), days=1, since=first)
    third = run(JSSE, days=2, since=second)
    assert set(changes(third).values()) == {Change.SAME}
    assert {each.standing(found).first_seen for each, found in third.findings} == {MONDAY}
    assert third.servers[0].first_seen == MONDAY


def test_what_came_back_after_it_was_gone_is_new() -> None:
    second = run(without_dhe(JSSE), days=1, since=run(JSSE))
    third = run(JSSE, days=2, since=second)
    assert set(changes(third).values()) == {Change.NEW}
    assert third.servers[0].first_seen == MONDAY  # the server's own


def test_addresses_of_a_name_that_has_none_tonight_are_neither_gone_nor_new_tomorrow() -> None:
    name = at(JSSE, "many.example")
    pinned = [
        replace(name, target=each, address=each.address)
        for each in name.target.pinned(("192.0.2.1", "192.0.2.2"))
    ]
    first = run(*pinned)
    second = run(replace(away(name), status_reason="dns"), days=1, since=first)
    assert (second.gone, second.left, second.came) == ((), (), ())
    assert {each.scan.target for each in second.not_known} == {each.target for each in pinned}
    assert diff_exit_code(second, fail_on=Severity.HIGH) is ExitCode.INCOMPLETE
    third = run(*pinned, days=2, since=second)
    assert set(changes(third).values()) == {Change.SAME}
    only_one = run(pinned[0], days=3, since=third)
    assert [each.target.address for each in only_one.left] == ["192.0.2.2"]


# --- the share


def rules(assessment: Assessment) -> set[str]:
    return {found.rule for _, found in assessment.findings}


def test_a_share_that_is_seen_later_is_learned() -> None:
    before = run(unobserved(STRANGE))
    assert rules(before) == {"DHE004"}
    after = run(STRANGE, days=1, since=before)
    assert changes(after) == {"DHE003": Change.LEARNED, "DHE004": Change.SAME}
    assert exit_code(after, fail_on=Severity.INFO) is ExitCode.CLEAN


def test_a_share_that_was_not_sampled_at_all_is_learned_too() -> None:
    assert changes(run(STRANGE, since=run(replace(STRANGE, share=None))))["DHE003"] is Change.LEARNED


def other_prime(scan: ServerScan) -> ServerScan:
    groups = tuple(replace(each, dh_p=each.dh_p[:-1] + b"\x01") for each in scan.groups)
    return replace(scan, groups=groups)


@pytest.mark.parametrize(
    "before",
    [
        other_prime(unobserved(STRANGE)),
        unobserved(OPENSSL),
        without_glances(unobserved(STRANGE)),
        share_of(unobserved(STRANGE), reused=True),
        share_of(STRANGE, encoding=ShareEncoding.PADDED, short=0, padded=1),
    ],
    ids=["prime", "library", "library-not-known", "reused", "was-padded"],
)
def test_on_a_server_that_changed_it_is_new(before: ServerScan) -> None:
    before = replace(before, target=STRANGE.target)
    assert changes(run(STRANGE, since=run(before)))["DHE003"] is Change.NEW


def test_a_share_that_has_become_short_for_good_is_new() -> None:
    after = run(share_of(STRANGE, reused=True), since=run(unobserved(STRANGE)))
    assert changes(after)["DHE003"] is Change.NEW
    assert exit_code(after, fail_on=Severity.CRITICAL) is ExitCode.FINDINGS


def test_where_old_windows_came_to_land_it_is_new() -> None:
    spared = replace(
        STRANGE, landings=tuple(each for each in STRANGE.landings if each.leading_zero_fix == "yes")
    )
    assert changes(run(STRANGE, since=run(unobserved(spared)))) == {
        "DHE003": Change.NEW,
        "DHE004": Change.NEW,
    }


def test_what_was_seen_still_holds_where_nothing_is_seen() -> None:
    before = run(STRANGE)
    after = run(unobserved(STRANGE), days=1, since=before)
    assert set(changes(after).values()) == {Change.SAME}
    (server,) = after.servers
    assert server.rate == before.servers[0].rate
    assert server.scan.share is not None
    assert server.scan.share.encoding is ShareEncoding.UNOBSERVED  # the facts are this run's
    said = " ".join(each.render(wording()) for each in finding(after, "DHE003").evidence)
    assert "run-0 of 2026-03-02" in said


def finding(assessment: Assessment, rule: str) -> Finding:
    (found,) = (found for _, found in assessment.findings if found.rule == rule)
    return found


def test_it_holds_over_several_runs_and_names_the_first() -> None:
    second = run(unobserved(STRANGE), days=1, since=run(STRANGE))
    third = run(unobserved(STRANGE), days=2, since=second)
    assert changes(third) == {"DHE003": Change.SAME, "DHE004": Change.SAME}
    carried = third.servers[0].carried
    assert carried is not None
    assert (carried.run_id, carried.when) == ("run-0", MONDAY)


def test_the_pages_clients_fail_as_often_as_the_server_that_is_judged_by_a_carried_share() -> None:
    then, now = run(STRANGE), run(unobserved(STRANGE), days=1, since=run(STRANGE))
    said = [rates_on_the_page(each) for each in (then, now)]
    assert said[0] == said[1]
    assert len(set(said[0])) > 1
    assert then.servers[0].rate == now.servers[0].rate


def rates_on_the_page(assessment: Assessment) -> list[str]:
    """The last cell of each row of the table of clients."""
    table = html.render(assessment).partition('<table class="clients">')[2].partition("</table>")[0]
    return re.findall(r'<td class="number">(.*?)</td>', table)


def test_a_padded_share_holds_too_against_what_the_library_does_elsewhere() -> None:
    padded = share_of(JSSE, encoding=ShareEncoding.PADDED, short=0, padded=2)
    assert "DHE003" in rules(run(unobserved(JSSE)))  # inferred
    assert "DHE003" not in rules(run(unobserved(JSSE), since=run(padded)))


@pytest.mark.parametrize(
    "after",
    [other_prime(unobserved(STRANGE)), without_glances(unobserved(STRANGE))],
    ids=["prime", "library-not-known"],
)
def test_on_a_server_that_changed_it_is_not_known_any_more(after: ServerScan) -> None:
    judged = run(after, since=run(STRANGE))
    assert [each.found.rule for each in judged.not_known] == ["DHE003"]
    assert judged.gone == ()


def test_what_was_inferred_wrongly_is_learned_and_was_never_there() -> None:
    padded = share_of(JSSE, encoding=ShareEncoding.PADDED, short=0, padded=2)
    (gone,) = run(padded, since=run(unobserved(JSSE))).gone
    assert (gone.found.rule, gone.learned) == ("DHE003", True)


# --- waivers and baselines


def test_an_expired_waiver_counts_although_the_baseline_knows_the_finding() -> None:
    over = Waiver("DHE004", OPENSSL.target.host, "known", "accepted-risk", "Ada Ito", date(2026, 1, 1))
    after = assess([OPENSSL], run_info(), waivers=[over], baseline=baseline_of(run(OPENSSL)))
    assert changes(after)["DHE004"] is Change.SAME
    assert exit_code(after, fail_on=Severity.HIGH) is ExitCode.FINDINGS
    assert exit_code(after, fail_on=Severity.CRITICAL) is not ExitCode.FINDINGS
    assert any("expired on 2026-01-01" in each for each in decided.sentences(after, wording()))


# --- on disk


def folder(path: Path, *scans: ServerScan, started: datetime = MONDAY) -> Path:
    path.mkdir()
    with Journal(path) as journal:
        for scan in scans:
            journal.append(replace(scan, started=started))
    write_run_info(path, run_info(run_id=path.name, started=started, bad_rows=()))
    return path


def chained(folders: Sequence[Path]) -> None:
    for old, new in pairwise(folders):
        read_decisions(None, old).keep(new, read_run_info(new))


def test_first_seen_and_the_share_survive_a_chain_of_runs(tmp_path: Path) -> None:
    scans = [STRANGE, unobserved(STRANGE), away(STRANGE), unobserved(STRANGE)]
    folders = [folder(tmp_path / f"run{n}", scan, started=MONDAY + n * DAY) for n, scan in enumerate(scans)]
    chained(folders)
    (server,) = read_as_baseline(folders[-1]).servers
    assert server.first_seen == MONDAY
    assert {(each.rule, each.first_seen) for each in server.findings} == {
        ("DHE003", MONDAY),
        ("DHE004", MONDAY),
    }
    assert server.share is not None
    assert server.share.run_id == "run0"
    assert read_run_info(folders[-1]).baseline == "run2"


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    baseline = baseline_of(run(*SAMPLE, away(at(S2N, "away.example"))))
    write_baseline(tmp_path, baseline)
    assert read_baseline(tmp_path) == baseline


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"run_id": 1}', b"\xff"])
def test_a_baseline_that_is_gone_or_spoilt_is_an_error_that_says_what_to_do(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "baseline.json").write_bytes(content)
    with pytest.raises(JournalError, match="--baseline"):
        read_baseline(tmp_path)


def test_a_run_is_no_baseline_of_itself(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", JSSE)
    decisions = read_decisions(None, tmp_path / "one" / ".." / "one")
    with pytest.raises(JournalError, match="itself"):
        decisions.keep(one, read_run_info(one))
    assert read_run_info(one).baseline is None


def test_changed_places_are_pointed_out() -> None:
    after = run(JSSE, since=run(JSSE, days=3))
    assert any("changed places" in each for each in decided.sentences(after, wording()))
    assert not decided.newer(run(JSSE, days=3, since=run(JSSE)), wording())


def test_the_sample_has_what_these_tests_take_for_granted() -> None:
    assert any(isinstance(each.as_offered, Landed) for each in STRANGE.landings)
    assert parse_target(JSSE.target.endpoint).host == JSSE.target.host
