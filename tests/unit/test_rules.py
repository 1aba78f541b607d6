"""What facts come to: laws over all combinations, then each rule's trigger and what it does not do."""

from __future__ import annotations

import itertools
import string
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.landing_cases import landing_scans
from tlsprobe.facts import (
    AcceptedSuite,
    DheSuites,
    FormAccepted,
    Group,
    LeadingZeros,
    PremasterZeros,
    ServerScan,
    ServerShare,
    ShareEncoding,
    Status,
    SuiteOrder,
)
from tlsprobe.inventory import Target, parse_target
from tlsprobe.rules import (
    RULES,
    Confidence,
    Finding,
    FixSide,
    Rule,
    Sentence,
    Severity,
    expected_failure_rate,
    fingerprint,
    fix_side,
    judge,
)
from tlsprobe.rules.named_clients import possibly_unfixed
from tlsprobe.tls.groups import zero_probability
from tlsprobe.tls.suites import DHE_SUITE_NAMES
from tlsprobe.wording import SENTENCES, wording

TLS10, TLS11, TLS12 = 0x0301, 0x0302, 0x0303
WINDOWS, NEWER, ANONYMOUS, PSK, EXPORT = 0x009E, 0xCCAA, 0x00A6, 0x00AA, 0x0014
HARD_TO_SAY = PremasterZeros.INCONCLUSIVE, PremasterZeros.UNTESTABLE
STRIPPED, KEPT = PremasterZeros.STRIPPED, PremasterZeros.KEPT
ACCEPTED, REFUSED = FormAccepted.ACCEPTED, FormAccepted.REFUSED
UNFIXED, FIXED, NAMELESS = ("windows-7",), ("windows-11", "openssl"), ()


# --- builders


def group(bits: int = 2048, *, p: int | None = None, name: str | None = None) -> Group:
    """p starts with ones, so that a number starts with a zero byte 1 time in 256 for whole bytes."""
    prime = p or (1 << bits) - 1
    return Group(
        dh_p=prime.to_bytes((prime.bit_length() + 7) // 8, "big"),
        dh_g=b"\x02",
        bits=prime.bit_length(),
        name=name,
        safe_prime=None,
        zero_probability=zero_probability(prime),
    )


def share(encoding: ShareEncoding, *, reused: bool | None = False, samples: int = 300) -> ServerShare:
    kinds = {
        ShareEncoding.PADDED: (2, 0, 0),
        ShareEncoding.SHORT: (0, 2, 0),
        ShareEncoding.OVERLONG: (0, 0, 2),
        ShareEncoding.MIXED: (1, 2, 0),
        ShareEncoding.UNOBSERVED: (0, 0, 0),
    }
    padded, short, overlong = kinds[encoding]
    return ServerShare(
        encoding=encoding,
        samples=samples,
        padded=padded,
        short=short,
        overlong=overlong,
        reused=reused,
        confidence=1.0 if padded or short or overlong else 0.69,
    )


def zeros(
    z: PremasterZeros = STRIPPED,
    *,
    short: FormAccepted = ACCEPTED,
    padded: FormAccepted = ACCEPTED,
    reason: str = "",
) -> LeadingZeros:
    return LeadingZeros(z, short, padded, suite=WINDOWS, version=TLS12, reason=reason)


def server(
    *suites: int,
    groups: tuple[Group, ...] = (group(),),
    version: int = TLS12,
    z: LeadingZeros | None = None,
    ys: ServerShare | None = None,
    complete: bool = True,
    clients: tuple[str, ...] = (),
    managed: bool | None = None,
    host: str = "www.example.com",
) -> ServerScan:
    """Each suite over the group of its place, the last group for all that follow."""
    taken = tuple(
        AcceptedSuite(version, code, group=min(at, len(groups) - 1) if groups else None)
        for at, code in enumerate(suites)
    )
    return ServerScan(
        target=Target(line=2, host=host, server_name=host, clients=clients, managed=managed),
        status=Status.ASSESSED,
        status_reason="",
        started=datetime(2026, 1, 2, tzinfo=UTC),
        duration_s=1.0,
        groups=groups,
        dhe=DheSuites(taken, SuiteOrder.SERVER, "curves", complete),
        zeros=z,
        share=ys,
    )


def ids(scan: ServerScan) -> set[str]:
    return {finding.rule for finding in judge(scan)}


def found(scan: ServerScan, rule: str) -> Finding:
    (finding,) = (each for each in judge(scan) if each.rule == rule)
    return finding


def keys(finding: Finding) -> list[str]:
    return [each.key for each in finding.evidence]


def text(finding: Finding) -> str:
    return " ".join(each.render(wording()) for each in finding.evidence)


SHARES = [None, *(share(e, reused=r) for e in ShareEncoding for r in (False, True, None))]
ZEROS = [None, *(zeros(z) for z in PremasterZeros)]
FORMS = [zeros(short=s, padded=p) for s, p in itertools.product(FormAccepted, repeat=2)]
CLIENTS = [NAMELESS, UNFIXED, FIXED, (*FIXED, "something else")]
SUITES = [(WINDOWS,), (0x0013,), (NEWER,), (EXPORT, PSK), (WINDOWS, NEWER, ANONYMOUS)]
GROUPS: list[tuple[Group, ...]] = [
    (group(2048),),
    (group(512),),
    (group(1024),),
    (group(2041),),
    (group(8192),),
    (group(512), group(2048)),
    (),
]
# Every way a share, a Z, reuse, the clients, the suites and the group can be.
ALL = [
    server(*suites, groups=groups, z=z, ys=ys, clients=clients, managed=managed)
    for ys, z, clients, suites, groups, managed in itertools.chain(
        itertools.product(SHARES, ZEROS, CLIENTS, SUITES, GROUPS, (None,)),
        itertools.product(SHARES[:2], FORMS, CLIENTS, SUITES, GROUPS[:2], (True, False)),
    )
]


@pytest.fixture(scope="module")
def everything() -> list[tuple[ServerScan, tuple[Finding, ...]]]:
    return [(scan, judge(scan)) for scan in ALL]


# --- laws

Everything = list[tuple[ServerScan, tuple[Finding, ...]]]


def rules_of(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.rule for finding in findings}


def test_a_server_that_accepts_dhe_never_goes_without_a_word(everything: Everything) -> None:
    loud = {"DHE001", "DHE002", "DHE003", "DHE004", "DHE005"}
    assert [scan for scan, findings in everything if not rules_of(findings) & loud] == []


def test_either_unfixed_windows_lands_or_dhe_is_merely_offered(everything: Everything) -> None:
    for _, findings in everything:
        rules = rules_of(findings)
        assert len(rules & {"DHE004", "DHE005"}) == 1
        assert "DHE003" not in rules or "DHE004" in rules


def test_clients_that_are_all_fixed_leave_at_most_dhe005_of_the_windows_rules(everything: Everything) -> None:
    of_fixed = [rules_of(findings) for scan, findings in everything if scan.target.clients == FIXED]
    assert {frozenset(rules & {"DHE003", "DHE004", "DHE005"}) for rules in of_fixed} == {
        frozenset({"DHE005"})
    }


def test_naming_clients_changes_nothing_but_the_windows_rules(everything: Everything) -> None:
    others = {rule.id for rule in RULES} - {"DHE003", "DHE004", "DHE005"}
    for scan, findings in everything:
        nameless = replace(scan, target=replace(scan.target, clients=()))
        assert rules_of(findings) & others == ids(nameless) & others


def test_findings_stand_in_order_once_each_and_never_above_their_rule(everything: Everything) -> None:
    worst = {rule.id: rule.severity for rule in RULES}
    for _, findings in everything:
        severities = [finding.severity for finding in findings]
        assert severities == sorted(severities, reverse=True)
        assert len(rules_of(findings)) == len(findings)
        assert all(Severity.NONE < finding.severity <= worst[finding.rule] for finding in findings)
        assert all(finding.evidence for finding in findings)


def test_every_rule_reaches_the_severity_it_is_listed_with(everything: Everything) -> None:
    reached: dict[str, Severity] = {}
    for finding in (each for _, findings in everything for each in findings):
        reached[finding.rule] = max(finding.severity, reached.get(finding.rule, Severity.NONE))
    waiting = {"DHE006", "DHE009"}  # for landings: test_landings.py
    assert reached == {rule.id: rule.severity for rule in RULES if rule.id not in waiting}


def test_the_servers_rate_is_a_probability_no_less_than_that_of_any_finding(everything: Everything) -> None:
    for scan, findings in everything:
        rates = [f.expected_failure_rate for f in findings if f.expected_failure_rate is not None]
        assert all(0 < rate <= 1 for rate in rates)
        total = expected_failure_rate(scan)
        if rates:
            assert total is not None
            assert max(rates) <= total <= 1
        else:
            assert total is None  # nothing known to fail is not known to be fine


def test_every_sentence_exists_with_just_the_values_it_names(everything: Everything) -> None:
    said = {
        each
        for _, findings in everything
        for finding in findings
        for each in (finding.title, finding.why, *finding.recommendation, *finding.evidence)
    }
    for each in said:
        pattern = SENTENCES.get(each.key) or SENTENCES[f"{each.key}.one"]
        named = [name for _, name, _, _ in string.Formatter().parse(pattern) if name]
        assert sorted(named) == sorted(name for name, _ in each.values), each
        assert each.render(wording())
    assert {each.key.split(".")[0] for each in said} == {"rule", "evidence", "advice"}


def test_no_evidence_sentence_is_left_that_nothing_says(everything: Everything) -> None:
    said = {each.key for _, findings in everything for finding in findings for each in finding.evidence}
    said |= {each.key for finding in judge(NAMED_AND_OLD) for each in finding.evidence}
    said |= {each.key for scan in landing_scans() for finding in judge(scan) for each in finding.evidence}
    kept = {
        key.removesuffix(".one").removesuffix(".many") for key in SENTENCES if key.startswith("evidence.")
    }
    # These need an identified library, which real servers have: tests/peers/test_inference.py.
    kept -= {f"evidence.{key}" for key in ("share.inferred", "share.contradicts")}
    kept -= {f"evidence.windows.{key}" for key in ("other-tls", "is-no")}
    assert kept == {key for key in said if key.startswith("evidence.")}


# What the combinations leave out: a group with a name, and versions before 1.2.
NAMED_AND_OLD = server(WINDOWS, version=TLS10, groups=(group(1024, name="Oakley group 2"),))


def test_no_probability_is_taken_for_granted() -> None:
    """A p that starts with 0x80 has twice the zeros of one that starts with 0xff."""
    doubled = group(p=(1 << 2047) + 1)
    for ys, z in itertools.product(SHARES, [*ZEROS, *FORMS]):
        plain, twice = (server(WINDOWS, groups=(g,), z=z, ys=ys) for g in (group(), doubled))
        for one, two in zip(judge(plain), judge(twice), strict=True):
            if one.expected_failure_rate and one.expected_failure_rate < 1:
                assert two.expected_failure_rate == pytest.approx(2 * one.expected_failure_rate, rel=1e-9)


@given(st.integers(1023, 4095).map(lambda n: (1 << n) + 1), st.sampled_from(list(ShareEncoding)))
def test_two_faults_add_up_without_counting_a_handshake_twice(p: int, encoding: ShareEncoding) -> None:
    scan = server(WINDOWS, groups=(group(p=p),), z=zeros(), ys=share(encoding))
    chance = zero_probability(p)
    twice = encoding in (ShareEncoding.SHORT, ShareEncoding.MIXED)
    expected = 1 - (1 - chance) ** 2 if twice else chance
    assert expected_failure_rate(scan) == pytest.approx(expected, rel=1e-12)


# --- the table


def test_ids_and_names_are_those_that_scripts_rely_on() -> None:
    assert {rule.id: rule.name for rule in RULES} == {
        "DHE001": "premaster-zeros-kept",
        "DHE002": "client-share-form-refused",
        "DHE003": "short-server-share",
        "DHE004": "unfixed-windows-lands-on-dhe",
        "DHE005": "dhe-offered",
        "DHE006": "dhe-is-the-only-way-in",
        "DHE007": "group-size",
        "DHE008": "server-share-reused",
        "DHE009": "no-extended-master-secret",
        "DHE010": "anonymous-or-export-dhe",
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_its_sentences_and_sources(rule: Rule) -> None:
    for part in ("title", "why", "recommendation", "recommendation.not-ours"):
        assert wording().say(f"rule.{rule.id}.{part}")
    assert rule.sources
    assert all(each.reference and each.url.startswith("https://") for each in rule.sources)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_where_dhe_off_is_a_cure_and_nothing_was_tried_it_says_to_check_first(rule: Rule) -> None:
    scans = (server(WINDOWS, z=zeros(KEPT), ys=share(ShareEncoding.SHORT), managed=m) for m in (True, False))
    for finding in (each for scan in scans for each in judge(scan) if each.rule == rule.id):
        assert ("check" in finding.recommended(wording()).casefold()) is rule.ends_with_dhe


# --- DHE001: Z


@pytest.mark.parametrize("z", [PremasterZeros.KEPT, PremasterZeros.NEITHER])
def test_dhe001_is_critical_and_observed(z: PremasterZeros) -> None:
    finding = found(server(NEWER, z=zeros(z), clients=FIXED), "DHE001")
    assert finding.severity is Severity.CRITICAL
    assert finding.confidence is Confidence.OBSERVED
    assert finding.expected_failure_rate == zero_probability((1 << 2048) - 1)
    assert keys(finding)[0] == f"evidence.z.{z}"
    assert "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 over TLS 1.2" in text(finding)
    assert finding.sources[0] == "RFC 5246 §8.1.2"


@pytest.mark.parametrize("z", [z for z in PremasterZeros if z not in (KEPT, PremasterZeros.NEITHER)])
def test_dhe001_needs_a_z_that_is_not_stripped_and_nothing_less(z: PremasterZeros) -> None:
    assert "DHE001" not in ids(server(WINDOWS, z=zeros(z)))


def test_dhe001_goes_by_the_worst_group() -> None:
    groups = (group(2048), group(2041))
    finding = found(server(WINDOWS, NEWER, groups=groups, z=zeros(KEPT)), "DHE001")
    assert finding.expected_failure_rate == pytest.approx(0.5)
    assert "2041 bits" in text(finding)
    assert "once in 2 " in text(finding)


# --- DHE002: the client's share


@pytest.mark.parametrize(
    ("short", "padded", "evidence"),
    [
        (REFUSED, ACCEPTED, ["evidence.yc.short-refused"]),
        (ACCEPTED, REFUSED, ["evidence.yc.padded-refused"]),
        (REFUSED, REFUSED, ["evidence.yc.short-refused", "evidence.yc.padded-refused"]),
        (REFUSED, FormAccepted.UNTESTABLE, ["evidence.yc.short-refused"]),
    ],
)
def test_dhe002_says_which_form_and_whom_it_hits(
    short: FormAccepted, padded: FormAccepted, evidence: list[str]
) -> None:
    finding = found(server(NEWER, z=zeros(short=short, padded=padded)), "DHE002")
    assert finding.severity is Severity.CRITICAL
    assert finding.confidence is Confidence.OBSERVED
    assert finding.expected_failure_rate == pytest.approx(1 / 256)
    assert [key for key in keys(finding) if ".yc." in key] == evidence
    assert ("GnuTLS" in text(finding)) == (short is REFUSED)
    assert ("OpenSSL 3" in text(finding)) == (padded is REFUSED)


@pytest.mark.parametrize("answer", [each for each in FormAccepted if each is not REFUSED])
def test_dhe002_needs_a_refusal(answer: FormAccepted) -> None:
    assert "DHE002" not in ids(server(WINDOWS, z=zeros(short=answer, padded=answer)))


def test_a_client_can_meet_both_a_wrong_z_and_a_refused_share() -> None:
    scan = server(NEWER, z=zeros(KEPT, padded=REFUSED))
    chance = zero_probability((1 << 2048) - 1)
    assert expected_failure_rate(scan) == pytest.approx(1 - (1 - chance) ** 2)


# --- DHE003: the server's share


@pytest.mark.parametrize("encoding", ShareEncoding)
@pytest.mark.parametrize("reused", [True, False, None])
def test_dhe003_needs_a_short_share(encoding: ShareEncoding, reused: bool | None) -> None:
    scan = server(WINDOWS, ys=share(encoding, reused=reused))
    short = encoding in (ShareEncoding.SHORT, ShareEncoding.MIXED)
    assert ("DHE003" in ids(scan)) == short


def test_dhe003_is_high_and_its_share_observed_while_the_landing_is_assumed() -> None:
    finding = found(server(WINDOWS, z=zeros(), ys=share(ShareEncoding.SHORT)), "DHE003")
    assert finding.severity is Severity.HIGH
    assert finding.confidence is Confidence.OBSERVED
    assert finding.expected_failure_rate == pytest.approx(1 / 256)
    assert "in 300 distinct shares seen, 2 came shorter" in text(finding)
    assert "it is assumed" in text(finding)
    assert "0.78% of its full handshakes over DHE, or once in 128." in text(finding)


def test_a_short_share_that_is_reused_fails_every_time() -> None:
    scan = server(WINDOWS, z=zeros(), ys=share(ShareEncoding.SHORT, reused=True, samples=1))
    finding = found(scan, "DHE003")
    assert finding.severity is Severity.CRITICAL
    assert finding.expected_failure_rate == 1.0
    assert expected_failure_rate(scan) == 1.0
    assert "every full handshake" in text(finding)


@pytest.mark.parametrize("encoding", [ShareEncoding.PADDED, ShareEncoding.UNOBSERVED])
def test_a_reused_share_that_is_not_short_adds_nothing(encoding: ShareEncoding) -> None:
    scan = server(WINDOWS, z=zeros(), ys=share(encoding, reused=True, samples=1))
    assert expected_failure_rate(scan) == pytest.approx(1 / 256)
    assert found(scan, "DHE004").severity is Severity.HIGH


@pytest.mark.parametrize("version", [TLS10, TLS11])
def test_below_tls_12_the_short_share_is_inferred_to_matter(version: int) -> None:
    finding = found(server(WINDOWS, version=version, ys=share(ShareEncoding.SHORT)), "DHE003")
    assert finding.confidence is Confidence.INFERRED
    assert "evidence.old-versions" in keys(finding)


# --- DHE004: Windows lands


def test_dhe004_is_high_and_inferred_whatever_the_share_and_z() -> None:
    for ys, z in itertools.product(SHARES, ZEROS):
        finding = found(server(WINDOWS, z=z, ys=ys), "DHE004")
        assert finding.severity is Severity.HIGH
        assert finding.confidence is Confidence.INFERRED


def test_dhe004_says_who_reports_it() -> None:
    finding = found(server(WINDOWS), "DHE004")
    assert "Microsoft reports" in finding.why.render(wording())
    assert "Microsoft KB 4557473" in finding.sources


@pytest.mark.parametrize("z", [KEPT, PremasterZeros.BOTH])
def test_what_windows_loses_on_a_server_that_takes_an_unstripped_z_is_not_known(z: PremasterZeros) -> None:
    scan = server(WINDOWS, z=zeros(z), ys=share(ShareEncoding.PADDED))
    finding = found(scan, "DHE004")
    assert finding.expected_failure_rate is None
    assert "is not known" in text(finding)


def test_a_rate_that_is_not_known_is_not_called_none() -> None:
    fine = server(WINDOWS, z=zeros(PremasterZeros.BOTH), ys=share(ShareEncoding.PADDED))
    short = server(WINDOWS, z=zeros(PremasterZeros.BOTH), ys=share(ShareEncoding.SHORT))
    assert expected_failure_rate(fine) is None
    assert expected_failure_rate(short) == pytest.approx(1 / 256)


def test_a_server_that_takes_no_form_of_z_fails_windows_too() -> None:
    scan = server(WINDOWS, z=zeros(PremasterZeros.NEITHER), ys=share(ShareEncoding.SHORT))
    assert found(scan, "DHE004").expected_failure_rate == pytest.approx(1 / 256)
    assert expected_failure_rate(scan) == pytest.approx(1 - (255 / 256) ** 2)


@pytest.mark.parametrize("z", [None, *(zeros(z) for z in (*HARD_TO_SAY, PremasterZeros.MIXED))])
def test_a_z_not_proven_stripped_is_said_to_be_unproven(z: LeadingZeros | None) -> None:
    finding = found(server(WINDOWS, z=z), "DHE004")
    assert finding.expected_failure_rate == pytest.approx(1 / 256)
    assert "not proven that the server strips" in text(finding)


def test_a_stripped_z_is_not_said_to_be_unproven() -> None:
    assert "not proven" not in text(found(server(WINDOWS, z=zeros()), "DHE004"))


@pytest.mark.parametrize("z", HARD_TO_SAY)
@pytest.mark.parametrize(
    ("reason", "key"),
    [
        ("psk", "zeros-reason.psk"),
        ("control-failed", "status-reason.control-failed"),
        ("something-new", "zeros-reason.other"),
    ],
)
def test_why_z_is_not_known_is_said(z: PremasterZeros, reason: str, key: str) -> None:
    assert key in keys(found(server(WINDOWS, z=zeros(z, reason=reason)), "DHE004"))


def test_a_share_that_was_not_observed_is_never_called_fine() -> None:
    finding = found(server(WINDOWS, ys=share(ShareEncoding.UNOBSERVED)), "DHE004")
    assert "not observed in 300 distinct shares" in text(finding)
    assert "The chance to see one was 69%" in text(finding)
    one = found(server(WINDOWS, ys=share(ShareEncoding.UNOBSERVED, samples=1)), "DHE004")
    assert "not observed in 1 distinct share," in text(one)


@pytest.mark.parametrize("ys", [None, share(ShareEncoding.UNOBSERVED, samples=0, reused=None)])
def test_a_share_that_was_not_sampled_is_said_not_to_be_known(ys: ServerShare | None) -> None:
    assert "evidence.share.not-sampled" in keys(found(server(WINDOWS, ys=ys), "DHE004"))


def test_dhe004_names_the_clients_it_is_about() -> None:
    named = found(server(WINDOWS, clients=("openssl", "Windows 7", "till")), "DHE004")
    assert "may be Windows without the fix: Windows 7, till." in text(named)
    assert "doesn't name the clients" in text(found(server(WINDOWS), "DHE004"))


@pytest.mark.parametrize("version", [TLS10, TLS11, TLS12])
def test_reports_about_tls_12_are_not_stretched_in_silence(version: int) -> None:
    finding = found(server(WINDOWS, version=version), "DHE004")
    assert ("evidence.old-versions" in keys(finding)) == (version < TLS12)


def test_tls_12_beside_older_versions_is_what_the_reports_are_about() -> None:
    scan = server(WINDOWS)
    assert scan.dhe
    old = tuple(replace(each, version=TLS10) for each in scan.dhe.accepted)
    both = replace(scan, dhe=replace(scan.dhe, accepted=scan.dhe.accepted + old))
    finding = found(both, "DHE004")
    assert "evidence.old-versions" not in keys(finding)
    assert text(finding).count("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256") == 1


OFFERED_BY_WINDOWS = {0x9F, 0x9E, 0x39, 0x33, 0x6A, 0x40, 0x38, 0x32, 0x13}


@pytest.mark.parametrize("code", DHE_SUITE_NAMES, ids=DHE_SUITE_NAMES.get)
def test_windows_lands_only_on_what_it_offers(code: int) -> None:
    assert ("DHE004" in ids(server(code))) == (code in OFFERED_BY_WINDOWS)


def test_the_group_that_windows_would_meet_gives_its_rate() -> None:
    groups = (group(2048), group(2041))
    scan = server(WINDOWS, NEWER, groups=groups, z=zeros(), ys=share(ShareEncoding.PADDED))
    assert found(scan, "DHE004").expected_failure_rate == pytest.approx(1 / 256)
    assert expected_failure_rate(scan) == pytest.approx(1 / 256)


def test_without_a_group_there_is_no_rate() -> None:
    scan = server(WINDOWS, groups=(), z=zeros(KEPT, short=REFUSED), ys=share(ShareEncoding.SHORT))
    assert ids(scan) == {"DHE001", "DHE002", "DHE003", "DHE004"}
    assert {finding.expected_failure_rate for finding in judge(scan)} == {None}
    assert expected_failure_rate(scan) is None


# --- DHE005: offered, and nobody is hit


@pytest.mark.parametrize(
    ("scan", "reason"),
    [
        (server(WINDOWS, clients=FIXED), "evidence.no-landing.clients"),
        (server(NEWER), "evidence.no-landing.suites"),
        (server(WINDOWS, groups=(group(8192),)), "evidence.no-landing.size"),
        (
            server(WINDOWS, 0x0033, groups=(group(), group(8192)), clients=FIXED),
            "evidence.no-landing.clients",
        ),
    ],
)
def test_dhe005_says_why_windows_is_not_hit(scan: ServerScan, reason: str) -> None:
    finding = found(scan, "DHE005")
    assert finding.severity is Severity.MEDIUM
    assert keys(finding) == ["evidence.suites.accepted", reason]
    assert finding.expected_failure_rate is None


# --- DHE007: the group


@pytest.mark.parametrize(
    ("bits", "severity"),
    [
        (512, Severity.HIGH),
        (1023, Severity.HIGH),
        (1024, Severity.MEDIUM),
        (2047, Severity.MEDIUM),
        (2048, None),
        (4096, None),
        (4097, Severity.HIGH),
    ],
)
def test_dhe007_goes_by_the_bits(bits: int, severity: Severity | None) -> None:
    findings = {finding.rule: finding.severity for finding in judge(server(WINDOWS, groups=(group(bits),)))}
    assert findings.get("DHE007") == severity
    assert ("DHE004" in findings) == (1024 <= bits <= 4096)


def test_dhe007_takes_the_worst_of_several_groups_and_names_the_odd_ones() -> None:
    groups = (group(1024, name="Oakley group 2"), group(8192), group(2048))
    finding = found(server(0x0033, WINDOWS, NEWER, groups=groups), "DHE007")
    assert finding.severity is Severity.HIGH
    assert "1024 bits, Oakley group 2." in text(finding)
    assert "8192 bits." in text(finding)
    assert "2048 bits" not in text(finding)


@pytest.mark.parametrize("bits", [768, 8192])
def test_windows_always_fails_on_a_group_it_cannot_use(bits: int) -> None:
    scan = server(WINDOWS, groups=(group(bits),), z=zeros(), ys=share(ShareEncoding.SHORT))
    assert ids(scan) == {"DHE005", "DHE007"}
    assert found(scan, "DHE007").expected_failure_rate == 1.0
    assert expected_failure_rate(scan) == 1.0


@pytest.mark.parametrize(
    "scan", [server(NEWER, groups=(group(8192),)), server(WINDOWS, groups=(group(8192),), clients=FIXED)]
)
def test_a_group_that_no_windows_meets_fails_nobody(scan: ServerScan) -> None:
    assert found(scan, "DHE007").expected_failure_rate is None
    assert expected_failure_rate(scan) is None


def test_a_prime_of_nothing_is_judged_and_not_stumbled_over() -> None:
    nothing = Group(dh_p=b"", dh_g=b"", bits=0, name=None, safe_prime=None, zero_probability=0.0)
    for code in (WINDOWS, NEWER):
        scan = server(code, groups=(nothing,), z=zeros(KEPT), ys=share(ShareEncoding.SHORT))
        assert "DHE007" in ids(scan)
        assert found(scan, "DHE001").expected_failure_rate is None
    assert expected_failure_rate(server(NEWER, groups=(nothing,), z=zeros(KEPT))) is None


# --- DHE008 and DHE010


def test_dhe008_needs_a_share_seen_twice() -> None:
    finding = found(server(NEWER, ys=share(ShareEncoding.PADDED, reused=True)), "DHE008")
    assert finding.severity is Severity.MEDIUM
    assert finding.confidence is Confidence.OBSERVED
    assert "300 distinct shares were seen" in text(finding)
    for reused in (False, None):
        assert "DHE008" not in ids(server(NEWER, ys=share(ShareEncoding.PADDED, reused=reused)))


@pytest.mark.parametrize("code", DHE_SUITE_NAMES, ids=DHE_SUITE_NAMES.get)
def test_dhe010_goes_by_the_name_of_the_suite(code: int) -> None:
    name = DHE_SUITE_NAMES[code]
    bad = "_anon_" in name or "EXPORT" in name or "WITH_DES_CBC" in name
    assert ("DHE010" in ids(server(code))) == bad


def test_dhe010_names_each_suite_once_under_what_is_wrong_with_it() -> None:
    scan = server(0x0034, 0x0015, 0x0019, WINDOWS)
    assert scan.dhe
    scan = replace(scan, dhe=replace(scan.dhe, accepted=scan.dhe.accepted * 2))
    finding = found(scan, "DHE010")
    assert finding.severity is Severity.HIGH
    assert [dict(each.values)["suites"] for each in finding.evidence] == [
        "TLS_DH_anon_WITH_AES_128_CBC_SHA, TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA",
        "TLS_DHE_RSA_WITH_DES_CBC_SHA, TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA",
    ]


# --- servers without DHE, and which side to fix


@pytest.mark.parametrize("managed", [True, False, None])
def test_a_server_without_dhe_has_no_findings(managed: bool | None) -> None:
    without = server(managed=managed)
    assert judge(without) == ()
    assert expected_failure_rate(without) == 0.0
    assert fix_side(without, ()) is FixSide.NONE


@pytest.mark.parametrize("scan", [server(complete=False), replace(server(), dhe=None)])
def test_a_server_that_was_not_asked_to_the_end_is_not_called_fine(scan: ServerScan) -> None:
    assert judge(scan) == ()
    assert expected_failure_rate(scan) is None
    assert fix_side(scan, ()) is FixSide.UNKNOWN


@pytest.mark.parametrize(
    ("managed", "side"), [(True, FixSide.UNKNOWN), (None, FixSide.UNKNOWN), (False, FixSide.CLIENT)]
)
def test_only_another_ones_server_decides_the_side(managed: bool | None, side: FixSide) -> None:
    scan = server(WINDOWS, managed=managed)
    assert fix_side(scan, judge(scan)) == side
    assert fix_side(scan, ()) is FixSide.NONE  # all waived


def test_advice_for_anothers_server_is_for_who_uses_it() -> None:
    ours, theirs = (judge(server(WINDOWS, z=zeros(KEPT), managed=managed)) for managed in (None, False))
    first = [each.recommendation[0].key for each in ours]
    assert first == [f"rule.{each.rule}.recommendation" for each in ours]
    assert [each.recommendation[0].key for each in theirs] == [f"{key}.not-ours" for key in first]
    assert {each.recommendation[1].key for each in ours} == {"advice.unknown"}
    assert {each.recommendation[1].key for each in theirs} == {"advice.client.not-tried"}


# --- fingerprints

FINGERPRINT = "248d9c3bec26bd8ba82b7afaad8b0bbf"


def test_a_fingerprint_does_not_move() -> None:
    target = parse_target("www.example.com:443")
    assert fingerprint(target, "DHE004") == FINGERPRINT
    assert found(server(WINDOWS), "DHE004").fingerprint == FINGERPRINT


def test_a_fingerprint_is_of_host_port_name_and_rule_and_of_nothing_else() -> None:
    target = Target(line=1, host="a.example", server_name="a.example")
    same = Target(line=9, host="a.example", server_name="a.example", owner="x", clients=("y",), managed=False)
    others = [
        replace(target, host="b.example"),
        replace(target, port=8443),
        replace(target, server_name=None),
        replace(target, server_name=""),
    ]
    assert fingerprint(same, "DHE001") == fingerprint(target, "DHE001")
    every = [fingerprint(each, rule) for each in (target, *others) for rule in ("DHE001", "DHE002")]
    assert len(set(every)) == len(every)
    assert all(len(each) == 32 and set(each) <= set(string.hexdigits.lower()) for each in every)


# --- severities


def test_severities_are_ordered_by_how_bad_they_are() -> None:
    order = [Severity(name) for name in ("none", "info", "low", "medium", "high", "critical")]
    assert sorted(Severity) == order
    for one, two in itertools.product(Severity, repeat=2):
        expected = order.index(one) - order.index(two)
        assert (one < two, one <= two, one > two, one >= two, one == two) == (
            expected < 0,
            expected <= 0,
            expected > 0,
            expected >= 0,
            expected == 0,
        )


def test_a_word_is_compared_as_the_severity_it_names() -> None:
    assert Severity.CRITICAL > "high"
    with pytest.raises(ValueError, match="alarming"):
        assert Severity.HIGH > "alarming"


def test_a_sentence_is_said_in_the_language_of_the_report() -> None:
    said = Sentence("evidence.suites.accepted", (("suites", "TLS_X"),)).render(wording("ja"))
    assert said == wording("ja").say("evidence.suites.accepted", suites="TLS_X")
    assert "DHE suites" not in said


# --- whom the inventory names


@pytest.mark.parametrize(
    "client",
    [
        "windows-11", "win11", "Windows 11 Pro 23H2", "windows-server-2019", "Windows Server 2022 Datacenter",
        "Server 2025", "windows-10-22h2", "Windows 10 Enterprise 1809", "Windows 10 version 2004",
        "win10-1511", "openssl", "OpenSSL 3.0", "openssl3", "java", "Java 17", "chrome", "Google Chrome",
        "firefox-78", "Safari", "android-13", "curl", "gnutls", "Firefox on Windows 11",
    ],
)  # fmt: skip
def test_clients_that_are_clearly_not_unfixed_windows(client: str) -> None:
    assert not possibly_unfixed(client)


@pytest.mark.parametrize(
    "client",
    [
        "windows-7", "win7", "Windows 8", "Windows 8.1 Pro", "windows-server-2008", "Windows Server 2008 R2",
        "Windows Server 2012", "Windows Server 2012 R2 Standard", "Vista", "windows-10-1507", "windows-10",
        "Windows 10 Pro", "windows-10-1607", "Windows Server 2016", "server 2016", "2012R2", "ie11", "IE 11",
        "Internet Explorer", "schannel", "curl (Schannel)", "Chrome on Windows 7", "Windows 11; Windows 7",
        "windows 11 and server 2012", "windows", "tills", "", "javascript", "windows-110", "edge", "IIS",
        "windows phone 8.1", "sql server 2019", "Exchange Server 2019",
    ],
)  # fmt: skip
def test_clients_that_may_be_unfixed_windows(client: str) -> None:
    assert possibly_unfixed(client)


def test_one_doubtful_client_is_enough() -> None:
    assert ids(server(WINDOWS, clients=("windows-11", "openssl"))) == {"DHE005"}
    assert ids(server(WINDOWS, clients=("windows-11", "tills"))) == {"DHE004"}
