"""What became of findings: fixed only where it was looked for, and nobody lost or unknown goes unsaid."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.unit.landing_cases import (
    OFF_DHE,
    ON_DHE,
    REFUSED,
    TOO_LARGE,
    UNCLEAR,
    landing,
    landing_scans,
    server,
    share,
    zeros,
)
from tlsprobe.facts import (
    DheSuites,
    FormAccepted,
    Landed,
    Landing,
    PremasterZeros,
    RefusedByClient,
    RefusedByServer,
    ServerScan,
    ShareEncoding,
    Status,
    SuiteOrder,
    Unclear,
    accepts_dhe,
)
from tlsprobe.inventory import BadRow, Reason
from tlsprobe.journal import RunInfo
from tlsprobe.rules import judge, name_of, who_counts
from tlsprobe.runs import finish, start_folder
from tlsprobe.verification import Outcome, Verification, compare, plan_verification
from tlsprobe.verified import print_verification
from tlsprobe.wording import wording

FIXED, STILL_THERE, UNCLEAR_NOW = Outcome.FIXED, Outcome.STILL_THERE, Outcome.UNCLEAR
WINDOWS = landing("windows-7")
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@cache
def every_scan() -> tuple[ServerScan, ...]:
    return tuple(landing_scans())


def became(old: ServerScan, new: ServerScan, rule: str) -> Outcome:
    return dict(compare(old, new).findings)[rule]


def unreachable(scan: ServerScan) -> ServerScan:
    nothing = replace(scan, status=Status.UNREACHABLE, status_reason="refused", observations=(), groups=())
    return replace(nothing, dhe=None, zeros=None, share=None, landings=(), extended_master_secret=None)


def without_dhe(scan: ServerScan, *, complete: bool = True) -> ServerScan:
    dhe = DheSuites((), SuiteOrder.UNKNOWN, "curves+ems", complete=complete)
    landings = tuple(replace(each, as_offered=OFF_DHE, without_dhe=None) for each in scan.landings)
    return replace(scan, dhe=dhe, zeros=None, share=None, landings=landings)


def partly(scan: ServerScan, reason: str = "deadline") -> ServerScan:
    return replace(scan, status=Status.PARTLY_ASSESSED, status_reason=reason)


# --- laws

Change = Callable[[ServerScan], ServerScan]
NOT_LOOKED_FOR: dict[str, Change] = {
    "unreachable": unreachable,
    "untestable": lambda scan: replace(unreachable(scan), status=Status.UNTESTABLE),
    "excluded": lambda scan: replace(unreachable(scan), status=Status.EXCLUDED),
    "no-tls": lambda scan: replace(unreachable(scan), status=Status.NO_TLS),
    "not-scanned": lambda scan: replace(unreachable(scan), status=Status.NOT_SCANNED),
    "deadline": lambda scan: partly(without_dhe(scan)),
    "dhe-incomplete": lambda scan: partly(without_dhe(scan, complete=False), "dhe-incomplete"),
    "nothing-asked": lambda scan: replace(without_dhe(scan), dhe=None),
}


@pytest.mark.parametrize("gap", NOT_LOOKED_FOR)
def test_what_was_not_looked_for_is_unclear(gap: str) -> None:
    for scan in every_scan()[::23]:
        compared = compare(scan, NOT_LOOKED_FOR[gap](scan))
        assert {outcome for _, outcome in compared.findings} == {UNCLEAR_NOW}
        assert compared.outcome is UNCLEAR_NOW
        assert compared.lost == ()


def test_without_dhe_everything_is_fixed() -> None:
    for scan in every_scan()[::23]:
        compared = compare(scan, without_dhe(scan))
        assert {outcome for _, outcome in compared.findings} == {FIXED}
        assert compared.outcome is FIXED
        assert (compared.lost, compared.unknown) == ((), ())


def test_without_a_change_everything_is_still_there() -> None:
    for scan in every_scan()[::7]:
        compared = compare(scan, scan)
        assert {outcome for _, outcome in compared.findings} == {STILL_THERE}
        assert compared.outcome is STILL_THERE
        assert (compared.lost, compared.unknown) == ((), ())
        assert compared.kept == sum(isinstance(each.as_offered, Landed) for each in scan.landings)


def one_of_every_scan() -> st.SearchStrategy[ServerScan]:
    return st.integers(0, len(every_scan()) - 1).map(lambda n: every_scan()[n])


@given(old=one_of_every_scan(), new=one_of_every_scan(), whole=st.booleans())
def test_any_two_scans(old: ServerScan, new: ServerScan, whole: bool) -> None:
    new = new if whole else partly(new)
    compared, found = compare(old, new), {each.rule for each in judge(new)}
    before = [each.rule for each in judge(old)]
    assert [rule for rule, _ in compared.findings][: len(before)] == before
    assert {rule for rule, _ in compared.findings} == {*before, *found}
    for rule, outcome in compared.findings:
        assert (outcome in (STILL_THERE, Outcome.WORSE)) is (rule in found)
        if outcome is FIXED:
            assert was_answered(rule, new), (rule, new)
        if outcome is Outcome.WORSE:
            assert rule not in before
    outcomes = [outcome for _, outcome in compared.findings]
    outcomes += [Outcome.LOCKED_OUT] * bool(compared.lost) + [UNCLEAR_NOW] * bool(compared.unknown)
    assert compared.outcome is worst(outcomes)


DHE_FIRST, ECDHE_FIRST = server(landing("windows-7")), server(landing("windows-7", OFF_DHE))


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        # What DHE007 recommends, a group that Windows takes, gives it the leading zeros.
        (server(landing("windows-7", TOO_LARGE), bits=8192), DHE_FIRST, Outcome.WORSE),
        (ECDHE_FIRST, DHE_FIRST, Outcome.WORSE),
        # DHE is still accepted, and nobody lands on it: better, and not fixed.
        (DHE_FIRST, ECDHE_FIRST, STILL_THERE),
        (DHE_FIRST, server(landing("windows-7", ON_DHE, REFUSED)), STILL_THERE),
    ],
)
def test_a_server_with_another_finding_is_not_called_fixed(
    old: ServerScan, new: ServerScan, outcome: Outcome
) -> None:
    assert compare(old, new).outcome is outcome


def was_answered(rule: str, new: ServerScan) -> bool:
    """Whether the facts that this rule is about are known, one way or the other."""
    zeros_led, ys = new.zeros, new.share
    if not accepts_dhe(new):
        return new.status is Status.ASSESSED
    assert zeros_led is not None
    match rule:
        case "DHE001":
            return zeros_led.premaster_zeros in (PremasterZeros.STRIPPED, PremasterZeros.BOTH)
        case "DHE002":
            return zeros_led.short_client_share is zeros_led.padded_client_share is FormAccepted.ACCEPTED
        case "DHE003" if ys is not None and ys.encoding is ShareEncoding.PADDED:
            return True
        case "DHE008":
            return ys is not None and ys.reused is False
        case _:
            return new.status is Status.ASSESSED


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    return min(outcomes, key=list(Outcome).index)


ARRIVALS = st.sampled_from(
    [ON_DHE, OFF_DHE, REFUSED, TOO_LARGE, UNCLEAR, Unclear("reset"), RefusedByServer(None)]
)
CLIENTS = ("windows-7", "windows-8.1", "java-7", "chrome")


@given(
    old=st.lists(ARRIVALS, min_size=4, max_size=4), new=st.lists(st.none() | ARRIVALS, min_size=4, max_size=4)
)
def test_whoever_connected_is_kept_lost_or_unknown(
    old: list[Landed | RefusedByClient | RefusedByServer | Unclear],
    new: list[Landed | RefusedByClient | RefusedByServer | Unclear | None],
) -> None:
    now = [landing(client, each) for client, each in zip(CLIENTS, new, strict=True) if each is not None]
    then = [landing(client, each) for client, each in zip(CLIENTS, old, strict=True)]
    compared = compare(server(*then), server(*now))
    connected = {client for client, each in zip(CLIENTS, old, strict=True) if isinstance(each, Landed)}
    by_client = dict(zip(CLIENTS, new, strict=True))
    kept = {client for client in connected if isinstance(by_client[client], Landed)}
    refused = (RefusedByServer, RefusedByClient)
    lost = {client for client in connected if isinstance(by_client[client], refused)}
    assert compared.kept == len(kept)
    assert {each.client for each in compared.lost} == lost
    assert {each.client for each in compared.unknown} == connected - kept - lost


# --- cases: each rule


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (PremasterZeros.STRIPPED, FIXED),
        (PremasterZeros.BOTH, FIXED),
        (PremasterZeros.KEPT, STILL_THERE),
        (PremasterZeros.NEITHER, STILL_THERE),
        (PremasterZeros.MIXED, UNCLEAR_NOW),
        (PremasterZeros.INCONCLUSIVE, UNCLEAR_NOW),
        (PremasterZeros.UNTESTABLE, UNCLEAR_NOW),
    ],
)
@pytest.mark.parametrize("status", [Status.ASSESSED, Status.PARTLY_ASSESSED])
def test_zeros_that_were_kept(now: PremasterZeros, expected: Outcome, status: Status) -> None:
    old = server(WINDOWS, z=zeros(PremasterZeros.KEPT))
    assert became(old, replace(server(WINDOWS, z=zeros(now)), status=status), "DHE001") is expected


def test_zeros_that_were_not_asked_for_are_unclear() -> None:
    old = server(WINDOWS, z=zeros(PremasterZeros.KEPT))
    assert became(old, partly(replace(server(WINDOWS), zeros=None)), "DHE001") is UNCLEAR_NOW


@pytest.mark.parametrize("status", [each for each in Status if "assessed" not in each])
def test_no_answer_counts_of_a_server_that_could_not_be_assessed(status: Status) -> None:
    old, now = server(WINDOWS, z=zeros(PremasterZeros.KEPT)), server(WINDOWS)
    assert became(old, now, "DHE001") is FIXED
    assert became(old, replace(now, status=status), "DHE001") is UNCLEAR_NOW


def test_zeros_over_one_suite_say_nothing_of_suites_that_were_not_found_out() -> None:
    old, now = server(WINDOWS, z=zeros(PremasterZeros.KEPT)), server(WINDOWS)
    assert now.dhe is not None
    incomplete = partly(replace(now, dhe=replace(now.dhe, complete=False)), "dhe-incomplete")
    assert became(old, incomplete, "DHE001") is UNCLEAR_NOW


@pytest.mark.parametrize(
    ("short", "padded", "expected"),
    [
        ("accepted", "accepted", FIXED),
        ("refused", "accepted", STILL_THERE),
        ("accepted", "refused", STILL_THERE),
        ("inconclusive", "accepted", UNCLEAR_NOW),
        ("accepted", "untestable", UNCLEAR_NOW),
        ("mixed", "accepted", UNCLEAR_NOW),
    ],
)
def test_a_form_of_share_that_was_refused(short: str, padded: str, expected: Outcome) -> None:
    now = replace(zeros(short=short), padded_client_share=FormAccepted(padded))
    assert became(server(WINDOWS, z=zeros(short="refused")), server(WINDOWS, z=now), "DHE002") is expected


SHORT = server(WINDOWS, ys=share(ShareEncoding.SHORT))


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        (None, UNCLEAR_NOW),
        (ShareEncoding.UNOBSERVED, UNCLEAR_NOW),
        (ShareEncoding.OVERLONG, UNCLEAR_NOW),
        (ShareEncoding.PADDED, FIXED),
        (ShareEncoding.SHORT, STILL_THERE),
    ],
)
def test_a_short_share_is_not_fixed_by_not_being_seen(
    encoding: ShareEncoding | None, expected: Outcome
) -> None:
    now = server(WINDOWS, ys=share(encoding) if encoding else None)
    assert became(SHORT, now, "DHE003") is expected


def test_a_short_share_that_no_unfixed_windows_meets_any_more_is_fixed() -> None:
    off_dhe = server(landing("windows-7", OFF_DHE), ys=share(ShareEncoding.UNOBSERVED))
    assert became(SHORT, off_dhe, "DHE003") is FIXED
    # A deadline among the replays leaves out who might still land.
    assert became(SHORT, partly(off_dhe), "DHE003") is UNCLEAR_NOW


@pytest.mark.parametrize(("reused", "expected"), [(False, FIXED), (True, STILL_THERE), (None, UNCLEAR_NOW)])
def test_a_share_that_was_reused(reused: bool | None, expected: Outcome) -> None:
    old = server(WINDOWS, ys=share(ShareEncoding.PADDED, reused=True))
    now = replace(share(ShareEncoding.PADDED), reused=reused)
    assert became(old, server(WINDOWS, ys=now), "DHE008") is expected
    assert became(old, server(WINDOWS), "DHE008") is UNCLEAR_NOW


def test_a_windows_that_no_longer_lands() -> None:
    old, now = server(WINDOWS), server(landing("windows-7", OFF_DHE))
    assert became(old, now, "DHE004") is FIXED
    assert became(old, partly(now), "DHE004") is UNCLEAR_NOW
    assert became(old, server(landing("windows-7", UNCLEAR)), "DHE004") is STILL_THERE  # it may land


def test_dhe_that_was_the_only_way_in() -> None:
    old = server(landing("windows-7", ON_DHE, REFUSED))
    assert became(old, server(WINDOWS), "DHE006") is FIXED
    assert became(old, old, "DHE006") is STILL_THERE
    unclear = partly(server(landing("windows-7", ON_DHE, UNCLEAR)), "landings-unclear")
    assert became(old, unclear, "DHE006") is UNCLEAR_NOW


def test_one_finding_that_is_still_there_outweighs_the_others() -> None:
    old = server(WINDOWS, z=zeros(PremasterZeros.KEPT), ys=share(ShareEncoding.SHORT))
    now = server(WINDOWS, z=zeros(PremasterZeros.STRIPPED), ys=share(ShareEncoding.UNOBSERVED))
    compared = compare(old, now)
    assert dict(compared.findings) == {"DHE001": FIXED, "DHE003": UNCLEAR_NOW, "DHE004": STILL_THERE}
    assert compared.outcome is STILL_THERE


# --- cases: who connects


def names(landings: Sequence[Landing]) -> list[str]:
    return [each.client for each in landings]


@pytest.mark.parametrize("now", [REFUSED, TOO_LARGE, RefusedByServer(None)])
def test_who_connected_and_is_refused_now_is_lost(now: RefusedByServer | RefusedByClient) -> None:
    compared = compare(server(WINDOWS, landing("chrome", OFF_DHE)), server(landing("windows-7", now)))
    assert names(compared.lost) == ["windows-7"]
    assert names(compared.unknown) == ["chrome"]


def test_who_did_not_connect_before_is_not_lost() -> None:
    refused = landing("windows-7", REFUSED)
    compared = compare(server(refused, landing("windows-8", TOO_LARGE)), server(refused))
    assert (compared.lost, compared.unknown, compared.kept) == ((), (), 0)


def test_who_the_inventory_does_not_name_is_not_counted_but_what_must_not_break_is() -> None:
    before = [
        landing(client, must_not_break=client == "java-7") for client in ("windows-7", "windows-8", "java-7")
    ]
    old = server(*before, clients=("Windows 7",))
    assert names(who_counts(old).anyone) == ["windows-7", "java-7"]
    compared = compare(old, server(*(replace(each, as_offered=REFUSED) for each in before)))
    assert names(compared.lost) == ["windows-7", "java-7"]


def test_two_ways_of_one_client_are_two() -> None:
    application = replace(WINDOWS, offer="ie11", offer_name="Internet Explorer 11")
    compared = compare(
        server(WINDOWS, application), server(WINDOWS, replace(application, as_offered=REFUSED))
    )
    assert [name_of(each, wording()) for each in compared.lost] == ["windows-7 (Internet Explorer 11)"]
    assert compared.kept == 1


# --- cases: what is printed


def printed(compared: Verification) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_verification(compared, console)
    assert isinstance(console.file, io.StringIO)
    assert max(map(len, console.file.getvalue().splitlines())) <= 80
    return " ".join(console.file.getvalue().split())


def test_old_and_new_evidence_are_side_by_side() -> None:
    text = printed(compare(SHORT, without_dhe(SHORT)))
    assert text.startswith("a.example:443 fixed DHE003 fixed")
    assert "then: DHE suites: TLS_DHE_RSA_WITH_AES_256_GCM_SHA384; Server's share: short" in text
    assert "now: no DHE suite" in text
    assert "1 offer of a client that connected then still does." in text


def test_a_server_that_is_gone_is_not_called_fixed() -> None:
    text = printed(compare(SHORT, unreachable(SHORT)))
    assert text.startswith("a.example:443 couldn't tell DHE003 couldn't tell")
    assert "now: Unreachable: The connection was refused" in text
    assert "still do" not in text


def test_who_is_lost_is_named_and_so_is_who_is_unknown() -> None:
    old = server(WINDOWS, landing("windows-8"), landing("chrome", OFF_DHE))
    now = without_dhe(old)
    lost, unknown, kept = now.landings
    now = replace(
        now, landings=(replace(lost, as_offered=REFUSED), replace(unknown, as_offered=UNCLEAR), kept)
    )
    text = printed(compare(old, now))
    assert "Connected then and not any more: windows-7." in text
    assert "couldn't tell: windows-8" in text
    assert "still do" not in text


def test_those_who_still_connect_do_not_hide_who_is_lost() -> None:
    old = server(WINDOWS, landing("chrome", OFF_DHE))
    now = without_dhe(old)
    now = replace(now, landings=(replace(now.landings[0], as_offered=REFUSED), now.landings[1]))
    assert compare(old, now).kept == 1
    assert "windows-7" in printed(compare(old, now))
    assert "still do" not in printed(compare(old, now))


def test_that_all_still_connect_is_said_only_where_all_do() -> None:
    old = server(WINDOWS, landing("windows-8"), landing("chrome", OFF_DHE))
    now = without_dhe(old)
    assert "All 3" in printed(compare(old, now))
    some = replace(now, landings=(replace(now.landings[0], as_offered=UNCLEAR), *now.landings[1:]))
    assert "still do" not in printed(compare(old, some))


# --- cases: the plan

INFO = RunInfo(
    run_id="run",
    tool_version="0",
    started=datetime(2026, 1, 2, tzinfo=UTC),
    finished=datetime(2026, 1, 3, tzinfo=UTC),
    user="",
    host="",
    command="",
    inventory="inventory.csv",
    inventory_sha256="00",
    flags={"samples": "7"},
    excluded=("b.example:443",),
    bad_rows=(BadRow(3, "host", "x", Reason.BAD_HOST, "no host"),),
)


def test_only_what_had_a_finding_is_probed_again(tmp_path: Path) -> None:
    fine = replace(without_dhe(server()), target=replace(server().target, host="fine.example"))
    plan = plan_verification(tmp_path, INFO, (fine, SHORT), NOW)
    assert plan.targets == (SHORT.target,)
    assert plan.folder == tmp_path / "verify-20260304T050607Z"
    assert (plan.info.run_id, plan.info.started, plan.info.finished) == (plan.folder.name, NOW, None)
    assert plan.info.flags == {**INFO.flags, "verifies": INFO.run_id}
    assert plan.info.inventory == INFO.inventory
    assert (plan.info.excluded, plan.info.bad_rows) == ((), ())


def test_two_verifications_in_one_second_have_a_folder_each(tmp_path: Path) -> None:
    folders = []
    for _ in range(3):
        plan = plan_verification(tmp_path, INFO, (SHORT,), NOW)
        start_folder(plan, b"host\n")
        finish(plan, now=NOW)
        folders.append(plan.folder.name)
    assert folders == [f"verify-20260304T050607Z{end}" for end in ("", "-2", "-3")]
