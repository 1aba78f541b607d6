"""A scan in short is judged and reported as the whole one is, and keeps nothing that is chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.assessments import EVERY_SCAN
from tlsprobe.assessment import assess
from tlsprobe.condensed import FORCED, Condenser, read_condensed
from tlsprobe.facts import Glance, Observation, ServerScan, accepts_dhe
from tlsprobe.interning import Interner
from tlsprobe.journal import read_run_info, read_scans
from tlsprobe.report import html, server_view
from tlsprobe.report.phrases import Phrases
from tlsprobe.report.writing import FORMATS, write_reports
from tlsprobe.rules import judge
from tlsprobe.stacks import identify
from tlsprobe.stacks.bare import bare
from tlsprobe.stacks.traits import DOWNGRADED, hello_of, traits
from tlsprobe.tls.handshake import Completed, Step
from tlsprobe.tls.messages import ServerHello
from tlsprobe.wording import wording

SAMPLE = Path(__file__).parents[2] / "reports/sample"
WHOLE = read_scans(SAMPLE)
WITH_DHE = next(scan for scan in WHOLE if accepts_dhe(scan) and scan.share and scan.share.deciding_shares)
HELLOS = [
    (scan, glance, hello)
    for scan in WHOLE
    for glance in scan.glances
    if (hello := hello_of(glance)) is not None
]


def condensed(scan: ServerScan) -> ServerScan:
    return Condenser().scan(scan)


def assert_judged_alike(scan: ServerScan) -> None:
    short = condensed(scan)
    assert traits(short) == traits(scan)
    assert identify(short) == identify(scan)
    assert judge(short) == judge(scan)
    assert condensed(short) == short


@pytest.mark.parametrize("scan", WHOLE, ids=lambda scan: scan.target.label)
def test_a_scan_in_short_is_judged_as_the_whole(scan: ServerScan) -> None:
    assert_judged_alike(scan)


@given(st.sampled_from(EVERY_SCAN))
def test_whatever_was_found_is_judged_as_the_whole(scan: ServerScan) -> None:
    assert_judged_alike(scan)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_reports_are_the_same_byte_by_byte(lang: str, tmp_path: Path) -> None:
    whole, short = (assess(scans, read_run_info(SAMPLE)) for scans in (WHOLE, read_condensed(SAMPLE)))
    for name, run in (("whole", whole), ("short", short)):
        (tmp_path / name).mkdir()
        write_reports(tmp_path / name, run, formats=FORMATS, lang=lang)
    for file in (tmp_path / "whole").iterdir():
        assert file.read_bytes() == (tmp_path / "short" / file.name).read_bytes()
    assert html.render(whole, lang=lang, inline_up_to=10**6) == html.render(
        short, lang=lang, inline_up_to=10**6
    )


# ---- whatever a server sends ---------------------------------------------------------------------


@st.composite
def answers(draw: st.DrawFn) -> tuple[ServerScan, Glance]:
    """An answer of the sample with another random, session id, extensions and key exchange."""
    scan, glance, hello = draw(st.sampled_from(HELLOS))
    now = int((scan.started + timedelta(days=draw(st.floats(-2, 2)))).timestamp())
    clock = draw(st.one_of(st.just(now.to_bytes(4, "big")), st.binary(min_size=4, max_size=4)))
    end = draw(st.one_of(st.sampled_from(DOWNGRADED), st.binary(min_size=8, max_size=8)))
    session = draw(st.one_of(st.binary(max_size=32), st.binary(min_size=28, max_size=28).map(_with_zeros)))
    other = replace(
        hello,
        random=hello.random
        if hello.is_hello_retry_request
        else clock + draw(st.binary(min_size=20, max_size=20)) + end,
        session_id=session,
        extensions=draw(
            st.one_of(st.just(hello.extensions), st.just(()), st.permutations(hello.extensions).map(tuple))
        ),
    )
    body = other.serialise() + (b"" if other.extensions else draw(st.sampled_from((b"", b"\0\0"))))
    cut = draw(st.integers(0, len(glance.key_exchange)))
    share = draw(st.one_of(st.binary(max_size=300), st.just(glance.key_exchange[:cut])))
    return scan, replace(glance, server_hello=body, key_exchange=share)


def _with_zeros(rest: bytes) -> bytes:
    return rest[:2] + b"\0\0" + rest[2:]


@given(answers())
def test_an_answer_without_its_chance_shows_the_same(drawn: tuple[ServerScan, Glance]) -> None:
    scan, glance = drawn
    whole, short = (replace(scan, glances=(each,)) for each in (glance, bare(glance, scan.started)))
    assert traits(short) == traits(whole)


@given(answers(), st.binary(min_size=20, max_size=20))
def test_two_answers_that_differ_by_chance_are_one(drawn: tuple[ServerScan, Glance], chance: bytes) -> None:
    scan, glance = drawn
    hello = ServerHello.parse(glance.server_hello)
    if hello.is_hello_retry_request:
        return
    body = glance.server_hello
    other = replace(glance, server_hello=body[:6] + chance + body[26:])
    assert bare(other, scan.started) == bare(glance, scan.started)


@given(st.binary(max_size=60))
def test_what_is_no_hello_is_left_as_it_is(body: bytes) -> None:
    glance = Glance("rich", "answered", server_hello=body)
    if hello_of(glance) is None:
        assert bare(glance, WITH_DHE.started).server_hello == body


# ---- what is kept --------------------------------------------------------------------------------


def numbers(scan: ServerScan) -> Iterator[bytes]:
    """The DH numbers and secrets of a scan's connections."""
    for each in scan.observations:
        yield from (number for number in (each.dh_Yc, each.seen.dh_Ys if each.seen else None) if number)


def test_of_shares_only_those_that_decide_are_kept() -> None:
    assert WITH_DHE.share is not None
    kept = {number for number in numbers(condensed(WITH_DHE)) if any(number)}
    assert kept <= set(WITH_DHE.share.deciding_shares)
    assert len(set(numbers(WITH_DHE))) > 10


@pytest.mark.parametrize("deciding", [b"\1\2", b""])
def test_of_a_share_that_decides_its_group_is_still_known(deciding: bytes) -> None:
    """The second group is the longer one, and by the share the page finds it."""
    assert WITH_DHE.share is not None
    group = WITH_DHE.groups[0]
    longer = replace(group, dh_p=b"\xff" + group.dh_p)
    (seen, *_) = (each.seen for each in WITH_DHE.observations if each.seen and each.seen.dh_Ys)
    shares = ((b"\3" * 9, 0), (deciding, 1), (b"\4" * 9, 0))
    scan = replace(
        WITH_DHE,
        groups=(group, longer),
        share=replace(WITH_DHE.share, deciding_shares=(deciding,)),
        observations=tuple(
            Observation(
                "control", "", Completed(Step.SERVER_HELLO_DONE), 0.1, seen=replace(seen, dh_Ys=ys, group=at)
            )
            for ys, at in shares
        ),
    )
    phrases = Phrases(wording("en"))
    said = server_view.deciding_shares(scan, phrases)
    assert f"{len(longer.dh_p)}" in said[0]
    assert server_view.deciding_shares(condensed(scan), phrases) == said


def test_more_connections_take_no_more_memory() -> None:
    forced = [each for each in WITH_DHE.observations if each.probe == FORCED]
    others = [each for each in WITH_DHE.observations if each.probe != FORCED]
    many = [
        replace(each, elapsed_s=0.001 * n, dh_Yc=b"\1" * (n % 200 + 1)) for each in others for n in range(50)
    ]
    once, often = (
        condensed(replace(WITH_DHE, observations=(*every, *forced))).observations for every in (others, many)
    )
    assert often == once
    assert [each.probe for each in once].count(FORCED) == len(forced) > 5


def test_a_second_server_of_a_kind_shares_its_parts_with_the_first() -> None:
    condenser = Condenser()
    first = condenser.scan(WITH_DHE)
    second = condenser.scan(
        replace(
            WITH_DHE,
            target=replace(WITH_DHE.target, host="other.example", line=9),
            landings=tuple(replace(each) for each in WITH_DHE.landings),
            observations=tuple(
                replace(each, dh_Yc=each.dh_Yc and bytes(reversed(each.dh_Yc)))
                for each in WITH_DHE.observations
            ),
        )
    )
    assert second.target != first.target
    for one, other in ((first.landings, second.landings), (first.glances, second.glances)):
        assert one is other
    assert all(one is other for one, other in zip(first.observations, second.observations, strict=True))


def test_findings_of_a_kind_share_their_words() -> None:
    scans = [replace(WITH_DHE, target=replace(WITH_DHE.target, host=f"{n}.example", line=n)) for n in (2, 3)]
    one, other = assess(scans, read_run_info(SAMPLE)).servers
    assert one.findings
    for here, there in zip(one.findings, other.findings, strict=True):
        assert here.fingerprint != there.fingerprint
        assert here.evidence is there.evidence
        assert here.recommendation is there.recommendation


def test_equal_numbers_of_different_types_stay_apart() -> None:
    one = Interner().one
    assert [repr(one(each)) for each in (1, 1.0, True)] == ["1", "1.0", "True"]
