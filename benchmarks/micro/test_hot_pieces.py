"""The pieces that every connection, or every server, goes through: python -m pytest benchmarks/micro.

Half a handshake is `hello` and `flight`; a forced one is those and a `walk`; a server ends with one `line`
and, in the report, one `judged`.
"""

from __future__ import annotations

import json
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tlsprobe.clients.profile import built_in_profiles
from tlsprobe.journal import read_scans, to_line
from tlsprobe.probes.hello import HelloForm, dhe_hello
from tlsprobe.rules import judge
from tlsprobe.tls.constants import Version
from tlsprobe.tls.groups import KnownGroup, ShareForm, known_groups, pick_share
from tlsprobe.tls.handshake import Completed, Handshake, handshake
from tlsprobe.tls.messages import ClientHello, ServerDHParams
from tlsprobe.tls.suites import COMMON_DHE_SUITES

ROOT = Path(__file__).parents[2]
RECORDED = json.loads((ROOT / "tests/vectors/handshakes/openssl.json").read_text())[0]
FLIGHT = bytes.fromhex(RECORDED["received"][0])
# The server of the sample about which there is most to say.
SCAN = max(read_scans(ROOT / "reports/sample"), key=lambda scan: scan.connections)
ZEROS = (ShareForm.Z_STRIPPED, ShareForm.YC_SHORT)  # the walk is over Z, or over dh_Yc
ROUNDS = 400  # what a walk takes is random; its median is not


def probe_hello(suites: tuple[int, ...] = COMMON_DHE_SUITES) -> ClientHello:
    return dhe_hello(
        version=Version.TLS12, form=HelloForm.CURVES_EMS, suites=suites, server_name="www.example.com"
    )


def half_handshake(hello: ClientHello) -> Handshake:
    conversation = handshake(hello)
    next(conversation)
    try:
        conversation.send(FLIGHT)
    except StopIteration as end:
        result: Handshake = end.value
        return result
    raise AssertionError("the recorded flight is not whole")


def group(bits: int) -> KnownGroup:
    """Return the group of RFC 3526 of that size."""
    return next(
        each for each in known_groups().values() if "3526" in each.source and each.p.bit_length() == bits
    )


def test_hello_of_a_probe(benchmark: BenchmarkFixture) -> None:
    benchmark(lambda: probe_hello().serialise())


def test_hello_of_a_client(benchmark: BenchmarkFixture) -> None:
    hellos = cycle([hello for each in built_in_profiles() for offer in each.offers for hello in offer.hellos])
    benchmark(lambda: next(hellos).hello(server_name="www.example.com").serialise())


def test_flight(benchmark: BenchmarkFixture) -> None:
    hello = probe_hello((int(RECORDED["suite"], 16),))
    assert isinstance(benchmark(half_handshake, hello).end, Completed)


@pytest.mark.parametrize("form", ZEROS, ids=lambda form: form.value)
@pytest.mark.parametrize("bits", [2048, 4096])
def test_walk(benchmark: BenchmarkFixture, bits: int, form: ShareForm) -> None:
    known, size = group(bits), bits // 8
    share = pow(known.g, 0xC0FFEE << 200 | 1, known.p).to_bytes(size, "big")
    params = ServerDHParams(known.p.to_bytes(size, "big"), bytes([known.g]), share)
    benchmark.pedantic(partial(pick_share, params, form), rounds=ROUNDS, warmup_rounds=5)


def test_line_of_the_journal(benchmark: BenchmarkFixture) -> None:
    assert benchmark(to_line, SCAN).endswith(b"\n")


def test_judged(benchmark: BenchmarkFixture) -> None:
    assert benchmark(judge, SCAN)
