"""What shares say of their encoding, and how many connections are made to see one that says it."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import chain, repeat

import gmpy2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.dial import Dialer
from tlsprobe.facts import AcceptedSuite, DheSuites, ShareEncoding, SuiteOrder
from tlsprobe.inventory import parse_target
from tlsprobe.limits import Limits
from tlsprobe.probes.hello import HelloForm
from tlsprobe.probes.interview import Interview
from tlsprobe.probes.server_share import classify, conclude, sample
from tlsprobe.tls.constants import ContentType, HandshakeType, Version
from tlsprobe.tls.groups import integer, known_groups, size_in_bytes, zero_probability
from tlsprobe.tls.messages import (
    Certificate,
    ServerDHParams,
    ServerHello,
    ServerKeyExchange,
    handshake_message,
)
from tlsprobe.tls.record import Record

P = next(group.p for group in known_groups().values() if group.name == "Oakley group 2")  # 128 bytes
FULL = b"\x7f" * 128
PADDED = b"\x00" + b"\x7f" * 127
SHORT = b"\x7f" * 127
OVERLONG = b"\x00" + b"\x9f" * 128

primes = st.sampled_from([P, int(gmpy2.next_prime(1 << 600)), int(gmpy2.next_prime(3 << 510))])


@given(primes, st.data())
def test_each_way_to_write_a_share_is_told_from_the_others(p: int, data: st.DataObject) -> None:
    n = size_in_bytes(p)
    value = data.draw(st.integers(1, p - 1) | st.integers(1, min(p, 256 ** (n - 1)) - 1))
    zero_led = value < 256 ** (n - 1)
    written = value.to_bytes(n, "big")
    assert classify(written, p) == ("padded" if zero_led else None)
    assert classify(written.lstrip(b"\x00"), p) == ("short" if zero_led else None)
    assert classify(b"\x00" + written, p) == "overlong"


@given(st.integers(0, 1 << 300), st.binary(max_size=60))
def test_no_numbers_of_a_server_are_an_exception(p: int, share: bytes) -> None:
    assert classify(share, p) in ("padded", "short", "overlong", None)


@pytest.mark.parametrize("share", [b"", b"\x00", b"\x00" * 128, b"\xff" * 128, b"\xff" * 129])
def test_a_number_that_is_no_share_says_nothing(share: bytes) -> None:
    assert classify(share, P) is None
    assert classify(share, 0) is None


@pytest.mark.parametrize(
    ("shares", "encoding"),
    [
        ([FULL], ShareEncoding.UNOBSERVED),
        ([FULL, PADDED], ShareEncoding.PADDED),
        ([FULL, SHORT], ShareEncoding.SHORT),
        ([PADDED, SHORT], ShareEncoding.MIXED),
        ([FULL, OVERLONG], ShareEncoding.OVERLONG),
        ([SHORT, OVERLONG], ShareEncoding.OVERLONG),
    ],
)
def test_all_shares_together(shares: list[bytes], encoding: ShareEncoding) -> None:
    found = conclude(Counter((0, share) for share in shares), [P])
    assert found is not None
    assert found.encoding is encoding
    assert found.samples == len(shares)
    assert (found.padded, found.short, found.overlong) == tuple(
        shares.count(each) for each in (PADDED, SHORT, OVERLONG)
    )
    assert set(found.deciding_shares) == set(shares) - {FULL}
    assert (found.confidence == 1.0) is (encoding is not ShareEncoding.UNOBSERVED)
    assert found.reused is (False if len(shares) > 1 else None)


def test_no_shares_are_no_answer() -> None:
    assert conclude(Counter(), []) is None


@given(st.integers(1, 300), st.integers(0, 5))
def test_what_was_not_seen_is_as_sure_as_the_distinct_shares_make_it(distinct: int, again: int) -> None:
    counted = Counter({(0, b"\x7f" + number.to_bytes(127, "big")): 1 + again for number in range(distinct)})
    found = conclude(counted, [P])
    assert found is not None
    expected = 1 - (1 - zero_probability(P)) ** distinct
    assert found.confidence == pytest.approx(expected, abs=1e-4)
    assert found.samples == distinct
    assert found.reused is (None if distinct * (1 + again) == 1 else again > 0)


# ---- sampling, from a server on a real socket ------------------------------------------------------


def server_flight(share: bytes) -> bytes:
    messages = (
        (HandshakeType.SERVER_HELLO, ServerHello(0x0303, bytes(32), b"", 0x009E).serialise()),
        (HandshakeType.CERTIFICATE, Certificate((b"no DER",)).serialise()),
        (
            HandshakeType.SERVER_KEY_EXCHANGE,
            ServerKeyExchange(ServerDHParams(P.to_bytes(128, "big"), b"\x02", share), bytes(4)).serialise(),
        ),
        (HandshakeType.SERVER_HELLO_DONE, b""),
    )
    return b"".join(
        Record(ContentType.HANDSHAKE, 0x0303, handshake_message(kind, body)).serialise()
        for kind, body in messages
    )


def taken(*suites: int) -> DheSuites:
    accepted = tuple(AcceptedSuite(Version.TLS12, code, 0) for code in suites)
    return DheSuites(accepted, SuiteOrder.UNKNOWN, HelloForm.CURVES if suites else None, complete=True)


async def sampled(answers: list[bytes], suites: DheSuites, samples: int, *, at_once: int = 1) -> Interview:
    """Sample a server that answers each connection with the next of `answers`, over and over the last."""
    following = chain(answers, repeat(answers[-1]))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header = await reader.readexactly(5)
        await reader.readexactly(int.from_bytes(header[3:], "big"))
        writer.write(next(following))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        limits = Limits(connections_per_host=at_once, rate=10_000)
        interview = Interview(parse_target(f"127.0.0.1:{port}"), "127.0.0.1", Dialer(limits))
        await sample(interview, suites, samples)
    return interview


def encoding(interview: Interview) -> ShareEncoding | None:
    found = conclude(interview.shares, interview.primes())
    return found.encoding if found else None


@pytest.mark.parametrize(
    ("share", "expected"),
    [(SHORT, ShareEncoding.SHORT), (PADDED, ShareEncoding.PADDED), (OVERLONG, ShareEncoding.OVERLONG)],
)
def test_it_stops_at_the_first_share_that_decides(share: bytes, expected: ShareEncoding) -> None:
    answers = [server_flight(FULL[:127] + bytes([number])) for number in range(5)]
    interview = asyncio.run(sampled([*answers, server_flight(share)], taken(0x009E), 100))
    assert interview.connections == 6
    assert encoding(interview) is expected
    assert integer(share) in [integer(each) for _, each in interview.shares]


@pytest.mark.parametrize("at_once", [1, 4])
def test_it_makes_no_more_connections_than_it_may(at_once: int) -> None:
    interview = asyncio.run(sampled([server_flight(FULL)], taken(0x009E), 21, at_once=at_once))
    assert interview.connections == 21
    assert encoding(interview) is ShareEncoding.UNOBSERVED
    assert interview.observations == []


def test_it_gives_up_where_no_share_comes_any_more() -> None:
    refusal = Record(ContentType.ALERT, 0x0303, b"\x02\x28").serialise()
    interview = asyncio.run(sampled([server_flight(FULL), refusal], taken(0x009E), 100))
    assert interview.connections == 1 + 8
    assert sum(interview.shares.values()) == 1


def test_a_server_without_dhe_is_not_asked() -> None:
    assert asyncio.run(sampled([b""], taken(), 100)).connections == 0


def test_nor_is_one_that_has_answered_already() -> None:
    async def twice() -> tuple[int, int]:
        interview = await sampled([server_flight(SHORT)], taken(0x009E), 5)
        before = interview.connections
        await sample(interview, taken(0x009E), 5)  # the server is gone by now, and not missed
        return before, interview.connections

    assert asyncio.run(twice()) == (1, 1)
