"""waivers.toml: what it says, what it covers, and that nothing in it is skipped in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.run_infos import run_info
from tests.unit.sample_scans import JSSE, OPENSSL, S2N, at
from tlsprobe.assessment import Assessment, assess
from tlsprobe.assessment.waivers import Kind, WaiversError, read_waivers
from tlsprobe.facts import ServerScan, Status
from tlsprobe.gate import ExitCode, exit_code
from tlsprobe.inventory import Target, parse_target
from tlsprobe.rules import RULES, Severity
from tlsprobe.waivers import Waiver

TODAY = date(2026, 6, 1)
GOOD = """
[[waiver]]
rule = "DHE004"
host = "*.Example.com:443"
reason = "The tills are replaced"
kind = "planned-change"
approver = "Ada Ito, head of IT"
expires = 2026-06-30
"""


def waiver(rule: str = "DHE004", host: str = "a.example", **changes: object) -> Waiver:
    made = Waiver(rule, host, "known", "accepted-risk", "Ada Ito", TODAY)
    return replace(made, **changes)  # type: ignore[arg-type]


def run(*scans: ServerScan, waivers: tuple[Waiver, ...] = (), today: date = TODAY) -> Assessment:
    return assess(scans, run_info(bad_rows=()), waivers=waivers, today=today)


def refusal(folder: Path, text: str | bytes) -> str:
    path = folder / "waivers.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(WaiversError) as caught:
        read_waivers([path])
    return str(caught.value)


# --- laws

HOSTS = ("a.example", "*.example", "b.example:8443", "192.0.2.0/24", "nowhere.invalid")
waivers = st.lists(
    st.builds(
        waiver,
        rule=st.sampled_from([each.id for each in RULES]),
        host=st.sampled_from(HOSTS),
        expires=st.dates(TODAY - timedelta(3), TODAY + timedelta(3)),
    ),
    max_size=5,
).map(tuple)
SERVERS = (
    at(JSSE, "a.example"),
    at(S2N, "b.example:8443"),
    replace(at(OPENSSL, "192.0.2.7"), address="192.0.2.7"),
)


def rank(severity: Severity | None) -> int:
    return -1 if severity is None else severity.rank


@given(waivers)
def test_a_waiver_takes_no_finding_away_and_never_makes_a_server_worse(some: tuple[Waiver, ...]) -> None:
    plain = {each.scan.target: each for each in run(*SERVERS).servers}
    for each in run(*SERVERS, waivers=some).servers:
        other = plain[each.scan.target]
        assert each.findings == other.findings
        assert rank(each.severity) <= rank(other.severity)
        assert each.rate == other.rate


@given(waivers)
def test_what_has_expired_waives_nothing(some: tuple[Waiver, ...]) -> None:
    over = run(*SERVERS, waivers=some, today=TODAY + timedelta(4))
    assert [each.severity for each in over.servers] == [each.severity for each in run(*SERVERS).servers]
    assert all(each.standing(found).waiver is None for each, found in over.findings)


@given(waivers)
def test_each_waiver_is_in_use_or_pointed_out(some: tuple[Waiver, ...]) -> None:
    judged = run(*SERVERS, waivers=some)
    idle = {*judged.unmatched, *judged.unsettled}
    for each in some:
        covers = any(each.covers(one.scan.target, found.rule) for one, found in judged.findings)
        assert covers is (each not in idle)


@given(waivers, st.sampled_from(Severity), st.sampled_from(Severity))
def test_the_gate_lets_more_through_the_worse_it_asks_for(
    some: tuple[Waiver, ...], one: Severity, other: Severity
) -> None:
    milder, worse = sorted((one, other), key=lambda each: each.rank)
    judged = run(*SERVERS, waivers=some)
    if milder is not Severity.NONE and exit_code(judged, fail_on=worse) is ExitCode.FINDINGS:
        assert exit_code(judged, fail_on=milder) is ExitCode.FINDINGS


# --- what a file says


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(GOOD)
    (read,) = read_waivers([path])
    assert (read.rule, read.kind, read.expires) == ("DHE004", Kind.PLANNED_CHANGE, date(2026, 6, 30))
    assert read.covers(parse_target("www.example.com"), "DHE004")


def test_files_follow_each_other_and_may_be_empty(tmp_path: Path) -> None:
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text("# nobody answers for anything\n")
    second.write_text(GOOD + GOOD)
    assert len(read_waivers([first, second])) == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'rule = "DHE004"',
            'rule = "DHE040"',
            "waivers.toml waiver 1, rule: DHE040 is not known; did you mean",
        ),
        ('rule = "DHE004"', 'rule = "dhe004"', "did you mean DHE004?"),
        ('rule = "DHE004"', 'rule = "unfixed-windows-lands"', "did you mean DHE004?"),
        ('rule = "DHE004"', 'rule = "what"', "`tlsprobe rules`"),
        ('rule = "DHE004"', "rule = 4", "rule: write a text in quotes"),
        ('rule = "DHE004"\n', "", "rule is missing"),
        ('host = "*.Example.com:443"', 'host = "*"', "host: "),
        ('host = "*.Example.com:443"', 'host = "192.0.2.1/24"', "write 192.0.2.0/24"),
        ('host = "*.Example.com:443"', 'host = "two hosts"', "host: "),
        ('host = "*.Example.com:443"', 'host = "a.example:0"', "host: "),
        ('"The tills are replaced"', '" "', "reason: is empty"),
        ('approver = "Ada Ito, head of IT"\n', "", "approver is missing"),
        ('"Ada Ito, head of IT"', "[]", "approver: write a text in quotes"),
        ('"planned-change"', '"accepted"', "did you mean accepted-risk?"),
        ('"planned-change"', '"whim"', "one of accepted-risk"),
        ("expires = 2026-06-30\n", "", "expires is missing"),
        ("2026-06-30", '"2026-06-30"', "expires: write a date without quotes"),
        ("2026-06-30", "2026-06-30T10:00:00Z", "without a time"),
        ("expires =", "expired =", "expired is not known; did you mean expires?"),
        ("[[waiver]]", "[[waivers]]", "waivers is not known; did you mean waiver?"),
        ("[[waiver]]", "[waiver]", "write each waiver under its own [[waiver]]"),
        ("[[waiver]]", "[[waiver", "not a TOML file"),
        ('rule = "DHE004"', 'rule = "DHE\\u001b[2J"', "\\x1b[2J is not known"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    assert says in refusal(tmp_path, GOOD.replace(old, new))


def test_the_entry_is_named_by_its_number(tmp_path: Path) -> None:
    assert "waivers.toml waiver 2, rule:" in refusal(tmp_path, GOOD + GOOD.replace("DHE004", "DHE4"))


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe",
        b"a = " + b"[" * 100_000,
        b"a = " + b"9" * 10_000,
        b"waiver = 1",
        b"waiver = [1]",
        b"\0",
        GOOD.encode() + b"tags = {a = {b = {}}}",
    ],
    ids=["utf-16", "deep", "huge", "number", "numbers", "nul", "tables"],
)
def test_a_hostile_file_is_one_line_of_error(tmp_path: Path, text: bytes) -> None:
    said = refusal(tmp_path, text)
    assert "waivers.toml" in said
    assert "\n" not in said
    assert len(said) < 400


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WaiversError, match=r"nowhere\.toml"):
        read_waivers([tmp_path / "nowhere.toml"])


# --- what it covers


@pytest.mark.parametrize(
    ("host", "server", "address", "covered"),
    [
        ("a.example", "A.example", None, True),
        ("a.example", "b.example", None, False),
        ("a.example:443", "a.example", None, True),
        ("a.example:444", "a.example", None, False),
        ("*.example", "a.b.example:8443", None, True),
        ("*.example:8443", "a.b.example", None, False),
        ("192.0.2.7", "192.0.2.7", None, True),
        ("192.0.2.0/24", "192.0.2.7", None, True),
        ("192.0.2.0/24", "a.example", "192.0.2.7", True),
        ("192.0.2.0/24", "a.example", "198.51.100.7", False),
        ("192.0.2.0/24:444", "a.example", "192.0.2.7", False),
        ("2001:db8::/32", "2001:db8::1", None, True),
    ],
)
def test_hosts_are_written_as_for_exclude(host: str, server: str, address: str | None, covered: bool) -> None:
    target = parse_target(server)
    assert waiver(host=host).covers(target, "DHE004", address) is covered
    assert not waiver(host=host).covers(target, "DHE003", address)


def test_the_name_that_is_sent_is_not_the_host() -> None:
    behind = Target(line=2, host="192.0.2.7", server_name="a.example")
    assert not waiver(host="a.example").covers(behind, "DHE004")


def test_the_last_day_is_a_day_on_which_it_holds() -> None:
    assert not waiver().has_expired(TODAY)
    assert waiver().has_expired(TODAY + timedelta(1))


# --- what it does to a run


def test_a_waived_finding_stays_and_does_not_count() -> None:
    every = (waiver("DHE003"), waiver("DHE004"))
    judged = run(SERVERS[0], waivers=every)
    (server,) = judged.servers
    assert {found.rule for found in server.findings} == {"DHE003", "DHE004"}
    assert server.severity is Severity.NONE
    assert exit_code(judged, fail_on=Severity.INFO) is ExitCode.CLEAN


def test_one_that_has_expired_counts_and_is_named() -> None:
    every = (waiver("DHE003"), waiver("DHE004", expires=TODAY - timedelta(1)))
    judged = run(SERVERS[0], waivers=every)
    assert [(found.rule, each) for _, found, each in judged.expired] == [("DHE004", every[1])]
    assert exit_code(judged, fail_on=Severity.HIGH) is ExitCode.FINDINGS
    assert exit_code(judged, fail_on=Severity.CRITICAL) is ExitCode.CLEAN


def test_one_that_holds_outdoes_one_that_has_expired() -> None:
    every = (waiver(expires=TODAY - timedelta(1)), waiver(host="*.example"), waiver("DHE003"))
    judged = run(SERVERS[0], waivers=every)
    assert judged.expired == ()
    assert exit_code(judged, fail_on=Severity.HIGH) is ExitCode.CLEAN


@pytest.mark.parametrize("status", [Status.UNREACHABLE, Status.EXCLUDED, Status.NOT_SCANNED])
def test_of_a_server_that_was_not_assessed_nobody_says_that_its_waiver_is_idle(status: Status) -> None:
    away = ServerScan(parse_target("a.example"), status, "timeout", JSSE.started, 0.1)
    own, network, other = waiver(), waiver(host="192.0.2.0/24"), waiver(host="b.example")
    judged = run(away, waivers=(own, network, other))
    assert judged.unsettled == (own, network)
    assert judged.unmatched == (other,)
