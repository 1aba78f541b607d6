"""What landings come to: who is hit and how often, who would be locked out, and which side to fix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.landing_cases import (
    DHE,
    DSS,
    ECDHE_CBC,
    OFF_DHE,
    ON_DHE,
    REFUSED,
    TLS10,
    TLS12,
    TOO_LARGE,
    UNCLEAR,
    landing,
    landing_scans,
    server,
    share,
    zeros,
)
from tlsprobe.facts import Arrival, Landed, PremasterZeros, ServerScan, ShareEncoding
from tlsprobe.rules import (
    Confidence,
    Finding,
    FixSide,
    Severity,
    advise,
    client_rate,
    expected_failure_rate,
    judge,
    name_of,
)
from tlsprobe.wording import wording

ONE_IN_256 = pytest.approx(1 / 256, rel=1e-3)
KEPT, STRIPPED = PremasterZeros.KEPT, PremasterZeros.STRIPPED
SHORT, PADDED = ShareEncoding.SHORT, ShareEncoding.PADDED
MUST_NOT_BREAK = landing("java-7", ON_DHE, REFUSED, must_not_break=True)


def ids(scan: ServerScan) -> set[str]:
    return {each.rule for each in judge(scan)}


def found(scan: ServerScan, rule: str) -> Finding:
    (finding,) = (each for each in judge(scan) if each.rule == rule)
    return finding


def side(scan: ServerScan) -> FixSide:
    return advise(scan, judge(scan)).side


def advice(scan: ServerScan, rule: str = "DHE004") -> str:
    return found(scan, rule).recommended(wording())


@pytest.fixture(scope="module")
def everything() -> list[tuple[ServerScan, tuple[Finding, ...]]]:
    return [(scan, judge(scan)) for scan in landing_scans()]


# --- laws

Everything = list[tuple[ServerScan, tuple[Finding, ...]]]


def rules_of(findings: tuple[Finding, ...]) -> set[str]:
    return {each.rule for each in findings}


def test_dhe_accepted_means_at_least_one_of_the_first_five(everything: Everything) -> None:
    loud = {"DHE001", "DHE002", "DHE003", "DHE004", "DHE005"}
    assert [scan for scan, findings in everything if not rules_of(findings) & loud] == []


def test_a_short_share_hurts_only_those_who_land(everything: Everything) -> None:
    for _, findings in everything:
        rules = rules_of(findings)
        assert "DHE003" not in rules or "DHE004" in rules
        assert len(rules & {"DHE004", "DHE005"}) == 1


def test_every_finding_can_be_read_and_its_rate_is_a_probability(everything: Everything) -> None:
    for finding in (each for _, findings in everything for each in findings):
        assert "{" not in finding.recommended(wording())
        assert all(each.render(wording()) for each in finding.evidence)
        assert finding.expected_failure_rate is None or 0 < finding.expected_failure_rate <= 1


def test_plain_removal_is_advised_only_where_nobody_is_locked_out(everything: Everything) -> None:
    for scan, findings in everything:
        advised = advise(scan, findings)
        assert not (advised.side is FixSide.SERVER and advised.locked_out)
        if advised.locked_out:
            assert "DHE006" in rules_of(findings)


def test_every_rule_about_landings_is_met_somewhere(everything: Everything) -> None:
    met = {rule for _, findings in everything for rule in rules_of(findings)}
    assert {"DHE004", "DHE005", "DHE006", "DHE009"} <= met


# --- DHE004 and 005: who lands


def test_an_unfixed_windows_that_was_seen_to_land_is_observed() -> None:
    finding = found(server(landing("windows-7")), "DHE004")
    assert (finding.severity, finding.confidence) == (Severity.HIGH, Confidence.OBSERVED)
    assert finding.expected_failure_rate == ONE_IN_256
    assert finding.evidence[0].key == "evidence.landing.observed"
    assert "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 over TLS 1.2" in finding.evidence[0].render(wording())


@pytest.mark.parametrize(
    "scan",
    [
        server(landing("windows-7"), z=zeros(KEPT)),
        server(landing("windows-7"), z=zeros(PremasterZeros.INCONCLUSIVE)),
        server(landing("windows-7", Landed(TLS10, DHE, group=0))),
        server(landing("windows-10-1607", fix="depends")),
    ],
)
def test_what_is_not_seen_on_the_server_is_inferred(scan: ServerScan) -> None:
    assert found(scan, "DHE004").confidence is Confidence.INFERRED


def test_where_no_unfixed_windows_lands_dhe_is_merely_offered() -> None:
    scan = server(landing("windows-7", OFF_DHE), landing("windows-11-21h2", fix="yes"))
    assert ids(scan) == {"DHE005"}
    assert expected_failure_rate(scan) == 0.0
    assert found(scan, "DHE005").evidence[1].key == "evidence.no-landing.replayed"


def test_an_unclear_landing_is_not_taken_for_none() -> None:
    scan = server(landing("windows-7", UNCLEAR), landing("windows-8", OFF_DHE))
    assert found(scan, "DHE004").confidence is Confidence.INFERRED
    assert found(scan, "DHE004").evidence[0].key == "evidence.landing.assumed"
    assert side(scan) is FixSide.UNKNOWN


# --- rates


@pytest.mark.parametrize(
    ("encoding", "reused", "expected"),
    [(SHORT, False, 2 / 256), (PADDED, False, 1 / 256), (SHORT, True, 1.0), (PADDED, True, 1 / 256)],
)
def test_the_two_faults_add_up(encoding: ShareEncoding, reused: bool, expected: float) -> None:
    scan = server(landing("windows-7"), ys=share(encoding, reused=reused))
    assert expected_failure_rate(scan) == pytest.approx(expected, rel=3e-3)


def test_a_group_beyond_what_the_client_takes_fails_every_time() -> None:
    scan = server(landing("windows-7", TOO_LARGE), bits=8192)
    assert expected_failure_rate(scan) == 1.0
    assert not ids(scan) & {"DHE003", "DHE004"}
    assert found(scan, "DHE007").expected_failure_rate == 1.0


def test_kept_zeros_hit_every_client_on_dhe_and_nobody_else() -> None:
    on, off = landing("openssl-3"), landing("chrome", OFF_DHE)
    scan = server(on, off, z=zeros(KEPT))
    assert client_rate(scan, on) == ONE_IN_256
    assert client_rate(scan, off) == 0.0
    assert found(scan, "DHE001").severity is Severity.CRITICAL


def test_kept_zeros_that_nobody_meets_are_medium() -> None:
    scan = server(landing("windows-7", OFF_DHE), landing("chrome", OFF_DHE), z=zeros(KEPT))
    assert found(scan, "DHE001").severity is Severity.MEDIUM
    refused = server(landing("windows-7", OFF_DHE), z=zeros(short="refused"))
    assert found(refused, "DHE002").severity is Severity.MEDIUM


def test_a_client_that_refuses_the_group_does_not_meet_kept_zeros() -> None:
    java = landing("java-7", TOO_LARGE, must_not_break=True)
    scan = server(java, landing("chrome", OFF_DHE), z=zeros(KEPT))
    assert found(scan, "DHE001").severity is Severity.MEDIUM


def test_what_unfixed_windows_makes_of_kept_zeros_is_not_known() -> None:
    windows = landing("windows-7")
    scan = server(windows, z=zeros(KEPT), ys=share(PADDED))
    assert client_rate(scan, windows) is None


@pytest.mark.parametrize(("arrival", "rate"), [(UNCLEAR, None), (REFUSED, 0.0), (OFF_DHE, 0.0)])
def test_who_does_not_land_never_fails_and_who_cannot_be_told_is_not_known(
    arrival: Arrival, rate: float | None
) -> None:
    asking = landing("chrome", arrival)
    assert client_rate(server(asking), asking) == rate


def test_a_client_is_named_with_the_way_it_asks_where_it_has_several() -> None:
    plain = replace(landing("ours"), client_name="Our client")
    assert name_of(plain, wording()) == "Our client"
    assert name_of(replace(plain, offer_name="by proxy"), wording()) == "Our client (by proxy)"


# --- DHE006: who is locked out, and what lets them in


def test_a_server_with_nothing_else_for_old_windows() -> None:
    scan = server(landing("windows-7", ON_DHE, REFUSED), landing("chrome", OFF_DHE))
    assert ids(scan) == {"DHE004", "DHE006"}
    assert side(scan) is FixSide.ADD_SUITE_FIRST
    assert advise(scan, judge(scan)).add_suites == ECDHE_CBC
    for rule in ("DHE004", "DHE006"):
        said = advice(scan, rule)
        assert "Switch the DHE suites of the server off" not in said
    assert "windows-7" in advice(scan)
    assert "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" in advice(scan)


def test_no_suite_is_proposed_that_does_not_go_with_the_certificate() -> None:
    scan = server(landing("windows-vista", Landed(TLS12, DSS, group=0), REFUSED), shown=DSS)
    assert advise(scan, judge(scan)).add_suites == ()
    assert "an RSA certificate and a suite with ECDHE_RSA" in advice(scan)


def test_who_offers_nothing_but_dhe_is_told_so() -> None:
    till = replace(landing("till", ON_DHE, REFUSED, must_not_break=True), shut_out=())
    assert "They offer nothing but DHE: till." in advice(server(landing("windows-7"), till))


def test_a_suite_of_tls12_lets_nobody_in_at_tls10() -> None:
    old = Landed(TLS10, DHE, group=0)
    scan = server(landing("windows-7", old, REFUSED))
    assert advise(scan, judge(scan)).add_suites == (0xC014, 0xC013)


def test_any_one_of_what_is_proposed_lets_in_all_that_it_is_proposed_for() -> None:
    modern = replace(landing("openssl-3", ON_DHE, REFUSED), shut_out=(0xC030, 0xC028, 0xC014))
    android = replace(landing("android", ON_DHE, REFUSED), shut_out=(0xC02F,))
    scan = server(landing("windows-7", ON_DHE, REFUSED), modern, android)
    ways = advise(scan, judge(scan)).ways
    for way in ways:
        assert all(set(way.suites) <= set(each.shut_out) for each in way.clients)
    assert sorted(each.client for way in ways for each in way.clients) == [
        "android",
        "openssl-3",
        "windows-7",
    ]
    assert advise(scan, judge(scan)).add_suites == (0xC02F, 0xC028, 0xC014)


def test_where_one_is_left_out_no_suites_are_named_as_the_cure() -> None:
    till = replace(landing("till", ON_DHE, REFUSED, must_not_break=True), shut_out=())
    scan = server(landing("windows-7", ON_DHE, REFUSED), till)
    assert advise(scan, judge(scan)).add_suites == ()


# --- who counts for the rate


def test_a_client_that_nobody_named_and_that_refuses_every_group_is_no_failure() -> None:
    java = landing("java-7", TOO_LARGE, must_not_break=True)
    scan = server(landing("windows-8.1"), java)
    assert expected_failure_rate(scan) == ONE_IN_256
    assert expected_failure_rate(server(landing("windows-8.1"), java, clients=("windows-8.1",))) == ONE_IN_256
    fixed = landing("windows-10-1803", fix="yes")
    assert expected_failure_rate(server(fixed, java, clients=("Windows Server 2019",))) == 0.0
    assert expected_failure_rate(server(fixed, java, clients=("java-7",))) == 1.0


def test_a_name_of_the_users_own_profile_is_found_by_its_alias_in_any_case() -> None:
    scanner = replace(landing("handheld", fix="yes"), aliases=("Scanner MDE",))
    for name in ("handheld", "HANDHELD", "scanner mde"):
        assert ids(server(scanner, landing("windows-7"), clients=(name,))) == {"DHE005"}


def test_an_unusual_size_is_not_observed_to_work() -> None:
    finding = found(server(landing("windows-7"), bits=2041), "DHE004")
    assert finding.confidence is Confidence.INFERRED
    assert "evidence.group.unusual" in [each.key for each in finding.evidence]


def test_what_is_proposed_is_not_broken_itself_and_aead_comes_first() -> None:
    offered = (0xC011, 0xC012, 0xC014, 0x0005, 0xC030, 0xCCA8)
    client = replace(landing("windows-7", ON_DHE, REFUSED), shut_out=offered)
    assert advise(server(client), judge(server(client))).add_suites == (0xC030, 0xCCA8, 0xC014)
    without_ecdhe = replace(client, shut_out=(0x0005, 0x0035, 0x009D, 0x000A))
    assert advise(server(without_ecdhe), judge(server(without_ecdhe))).add_suites == (0x009D, 0x0035)


def test_who_must_not_break_counts_whatever_the_inventory_names() -> None:
    scan = server(
        landing("windows-11-21h2", OFF_DHE, fix="yes"), MUST_NOT_BREAK, clients=("windows-11-21h2",)
    )
    assert "DHE006" in ids(scan)
    assert advise(scan, judge(scan)).locked_out == (MUST_NOT_BREAK,)


# --- DHE009: extended master secret


def test_a_fixed_windows_on_dhe_needs_the_extended_master_secret() -> None:
    scan = server(landing("windows-11-21h2", fix="yes"), ems=False)
    finding = found(scan, "DHE009")
    assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.REPORTED)
    assert finding.expected_failure_rate == ONE_IN_256
    assert expected_failure_rate(scan) == ONE_IN_256


@pytest.mark.parametrize("ems", [True, None])
def test_a_server_with_it_or_not_asked_has_no_such_finding(ems: bool | None) -> None:
    assert "DHE009" not in ids(server(landing("windows-11-21h2", fix="yes"), ems=ems))


def test_a_windows_that_no_update_fixes_has_the_other_finding() -> None:
    assert "DHE009" not in ids(server(landing("windows-7"), ems=False))


# --- whom the inventory names


@pytest.mark.parametrize(
    "name", ["windows-8.1", "Windows Server 2012 R2 Standard", "Win 2012R2", "Windows 8.1 Pro"]
)
def test_a_client_that_lands_is_named_by_its_id_or_as_people_call_it(name: str) -> None:
    scan = server(landing("windows-7", OFF_DHE), landing("windows-8.1"), clients=(name,))
    assert "DHE004" in ids(scan)


def test_only_the_clients_that_are_named_count() -> None:
    scan = server(landing("windows-7"), landing("windows-8.1", OFF_DHE), clients=("Windows Server 2012 R2",))
    assert ids(scan) == {"DHE005"}


def test_none_unfixed_named_leaves_dhe005() -> None:
    scan = server(
        landing("windows-7"),
        landing("windows-11-21h2", fix="yes"),
        clients=("Windows Server 2022",),
        ys=share(SHORT),
    )
    assert ids(scan) == {"DHE005"}


def test_a_name_that_is_not_understood_may_be_any_windows() -> None:
    assert "DHE004" in ids(server(landing("windows-7"), clients=("the tills",)))


# --- which side


@pytest.mark.parametrize(
    ("scan", "expected"),
    [
        (server(landing("windows-7")), FixSide.SERVER),
        (server(landing("windows-7"), managed=True), FixSide.SERVER),
        (server(landing("windows-7"), managed=False), FixSide.CLIENT),
        (server(landing("windows-7", ON_DHE, REFUSED), managed=False), FixSide.ADD_SUITE_FIRST),
        (server(landing("windows-7"), MUST_NOT_BREAK, managed=False), FixSide.CLIENT),
        (server(landing("windows-7"), MUST_NOT_BREAK), FixSide.ADD_SUITE_FIRST),
        (server(landing("windows-7", OFF_DHE)), FixSide.SERVER),
        (server(landing("windows-7", OFF_DHE), managed=False), FixSide.NONE),
        (server(landing("windows-7", TOO_LARGE), managed=False, bits=8192), FixSide.CLIENT),
        (server(landing("windows-7", TOO_LARGE, REFUSED), managed=False, bits=8192), FixSide.ADD_SUITE_FIRST),
        (server(landing("windows-7", ON_DHE, UNCLEAR)), FixSide.UNKNOWN),
        (server(), FixSide.UNKNOWN),
        (server(landing("windows-7"), z=zeros(short="refused"), software="IIS 8.5"), FixSide.UPDATE_SERVER),
        (server(landing("windows-7"), z=zeros(short="refused"), software="nginx"), FixSide.SERVER),
    ],
)
def test_which_side(scan: ServerScan, expected: FixSide) -> None:
    assert side(scan) is expected


def test_advice_says_how_many_were_tried() -> None:
    scan = server(landing("windows-7"), landing("windows-8"))
    assert "all 2 offers of clients" in advice(scan)
    nobody = server(landing("windows-7", OFF_DHE))
    assert "none of the clients" in advice(nobody, "DHE005")
    stranger = server(landing("windows-7", REFUSED))
    assert "connects here at all" in advice(stranger, "DHE005")
    mixed = server(landing("windows-7"), landing("windows-8", TOO_LARGE, REFUSED))
    assert "1 offer of a client lands on DHE today" in advice(mixed)


def test_a_landing_over_tls12_and_10_says_both() -> None:
    scan = server(landing("windows-7"), landing("windows-8", Landed(TLS10, 0x0039, group=0)))
    said = [each.render(wording()) for each in found(scan, "DHE004").evidence]
    assert any("over TLS 1.0" in each for each in said)
    assert any("over TLS 1.2" in each for each in said)
