"""A server that sends as much as it may on each connection, and names that have too many addresses."""

from __future__ import annotations

import secrets
import socket
import tracemalloc
from collections.abc import Callable
from itertools import count, cycle

import pytest

from tests.hostile import servers as hostile
from tests.hostile.servers import DONE, Behaviour, certificate, in_records, message, record, serving
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import Target
from tlsprobe.journal import to_line
from tlsprobe.limits import Limits
from tlsprobe.names import MAX_ADDRESSES, MAX_TRIED
from tlsprobe.probes.interview import MAX_GROUPS, MAX_NOTED
from tlsprobe.scan import ScanConfig, budget
from tlsprobe.selection import Selection, parse_entry
from tlsprobe.tls.codec import vector
from tlsprobe.tls.constants import HandshakeType
from tlsprobe.tls.messages import (
    MAX_CERTIFICATES,
    MAX_NUMBER,
    ClientHello,
    Extension,
    ServerDHParams,
    ServerHello,
    ServerKeyExchange,
)
from tlsprobe.tls.stream import MAX_IGNORED_MESSAGES
from tlsprobe.tls.suites import DHE_SUITE_NAMES, suite

MAX_LINE = 2 << 20  # bytes of the journal, and what is allocated for one server and its line at a time:
MAX_MEMORY = 16 << 20  # docs/what-is-sent.md has both
LAST_BYTES = cycle(range(1, 2 * (MAX_GROUPS - 1), 2))

CHAIN = certificate(*[bytes(2000)] * MAX_CERTIFICATES)


def takes_all_with_the_most(connection: socket.socket) -> None:
    """Take the first DHE suite of each hello, with a group as large as it may be and all that is allowed."""
    hello = ClientHello.parse(connection.recv(65536)[9:])
    chosen = next((code for code in hello.cipher_suites if code in DHE_SUITE_NAMES), None)
    if chosen is None:
        connection.sendall(hostile.REFUSAL)
        return
    extensions = tuple(Extension(kind, bytes(10)) for kind in range(1000, 1250))
    answer = ServerHello(hello.version, bytes(32), bytes(32), chosen, extensions=extensions)
    p, share = (
        b"\xff" * (MAX_NUMBER - 1) + bytes([next(LAST_BYTES)]),
        b"\x55" + secrets.token_bytes(MAX_NUMBER - 1),
    )
    signed = suite(chosen).key_exchange.name in ("DHE_RSA", "DHE_DSS")
    algorithm = b"\x04\x01" if hello.version == 0x0303 else b""
    exchange = ServerKeyExchange(ServerDHParams(p, b"\2" * MAX_NUMBER, share), b"")
    body = exchange.serialise() + (algorithm + vector(2, bytes(60000)) if signed else b"")
    connection.sendall(
        record(21, b"\x01\x70") * MAX_IGNORED_MESSAGES
        + in_records(message(HandshakeType.SERVER_HELLO, answer.serialise()))
        + (in_records(CHAIN) if signed else b"")
        + in_records(message(HandshakeType.SERVER_KEY_EXCHANGE, body))
        + record(22, DONE)
    )
    hostile.waits(connection)


def scan(behave: Behaviour, host: str, config: ScanConfig) -> ServerScan:
    with serving(host, behave) as place:
        (done,) = run([Target(1, place.host, place.port)], config)
    return done


def test_a_server_that_sends_the_most_each_time_stays_within_the_bounds() -> None:
    config = ScanConfig(limits=Limits(rate=100_000.0))
    tracemalloc.start()
    done = scan(takes_all_with_the_most, "127.74.0.1", config)
    line = to_line(done)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.dhe is not None
    assert len(done.dhe.accepted) > 100  # it was gone through
    assert len(done.groups) == MAX_GROUPS - 1
    assert done.connections <= budget(config).most
    assert len(done.observations) <= budget(config).most
    assert all(len(each.seen.extensions) <= MAX_NOTED for each in done.observations if each.seen)
    assert all(len(each.seen.layout) <= MAX_NOTED for each in done.observations if each.seen)
    assert len(line) < MAX_LINE
    assert most < MAX_MEMORY


def test_a_group_each_time_is_enough_at_some_time() -> None:
    numbers = count()

    def behave(connection: socket.socket) -> None:
        next(numbers)
        hostile.new_p_each_time(2048)(connection)

    config = ScanConfig(limits=Limits(rate=100_000.0), samples=1000)
    done = scan(behave, "127.74.0.2", config)
    assert (done.status, done.status_reason) == (Status.PARTLY_ASSESSED, "endless-groups")
    assert len(done.groups) == MAX_GROUPS
    assert next(numbers) == done.connections < MAX_GROUPS + 60


def test_the_budget_is_the_end_whatever_the_server_does() -> None:
    """It closes, and takes the same hello the next time: each suite costs two connections."""
    numbers = count()

    def behave(connection: socket.socket) -> None:
        if next(numbers) % 2:
            takes_all_with_the_most(connection)
        else:
            hostile.closes(connection)

    config = ScanConfig(limits=Limits(rate=100_000.0), clients=(), questions=())
    done = scan(behave, "127.74.0.3", config)
    assert done.connections <= budget(config).most
    assert next(numbers) == done.connections
    assert done.status is not Status.ASSESSED


# ---- names

ask_the_system = socket.getaddrinfo
LookUp = Callable[[], list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, LookUp]:
    """Which addresses names have: the system's resolver, not ours, is replaced."""
    known: dict[str, LookUp] = {}

    def getaddrinfo(host: str, *more: int, **named: int) -> list[object]:
        addresses = known[host]() if host in known else [host]
        return [info for each in addresses for info in ask_the_system(each, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


TEN_THOUSAND = [f"127.75.{number // 250}.{1 + number % 250}" for number in range(10_000)]


def test_a_name_of_ten_thousand_addresses_is_scanned_at_none_of_them(names: dict[str, LookUp]) -> None:
    names["many.example"] = lambda: TEN_THOUSAND
    names["large.example"] = lambda: TEN_THOUSAND[:MAX_ADDRESSES]
    targets = [Target(1, "many.example", 9), Target(2, "large.example", 9)]
    many, *large = sorted(run(targets, ScanConfig(all_ips=True)), key=lambda each: each.target.line)
    assert (many.status, many.status_reason, many.connections) == (
        Status.UNTESTABLE,
        "too-many-addresses",
        0,
    )
    assert many.detail == f"10000 addresses, {MAX_ADDRESSES} allowed"
    assert [each.status_reason for each in large] == ["refused"] * MAX_ADDRESSES


def test_of_ten_thousand_addresses_a_few_are_tried(names: dict[str, LookUp]) -> None:
    names["many.example"] = lambda: TEN_THOUSAND
    (done,) = run([Target(1, "many.example", 9)], ScanConfig())
    assert (done.status, done.status_reason, done.connections) == (Status.UNREACHABLE, "refused", MAX_TRIED)
    assert done.detail == f"{MAX_TRIED} of 10000 addresses were tried"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"])  # noqa: S104
def test_what_a_filter_answers_for_a_blocked_name_is_no_server(
    names: dict[str, LookUp], address: str
) -> None:
    names["blocked.example"] = lambda: [address]
    for all_ips in (False, True):
        (done,) = run([Target(1, "blocked.example", 9)], ScanConfig(all_ips=all_ips))
        assert (done.status, done.status_reason, done.connections) == (Status.UNREACHABLE, "dns", 0)
        assert address in done.detail


@pytest.mark.parametrize("all_ips", [False, True])
def test_dns_that_changes_leads_nobody_to_what_is_excluded(names: dict[str, LookUp], all_ips: bool) -> None:
    """A name is looked up once: the address that was found allowed is the one connected to."""
    reached, asked = count(), count()

    def must_not_be_reached(connection: socket.socket) -> None:
        next(reached)

    def rebinds() -> list[str]:
        return ["127.74.2.1"] if next(asked) == 0 else ["127.74.1.1"]

    names["rebinds.example"] = rebinds
    names["mixed.example"] = lambda: ["127.74.1.1", "127.74.2.1"]
    names["inside.example"] = lambda: ["127.74.1.1"]
    selection = Selection(exclude=(parse_entry("127.74.1.0/24", "never.txt line 1"),))
    config = ScanConfig(selection=selection, all_ips=all_ips, questions=(), clients=())
    with serving("127.74.1.1", must_not_be_reached) as inside:
        refuses = hostile.answers(hostile.REFUSAL)
        with serving("127.74.2.1", refuses, port=inside.port):
            targets = [Target(line, name, inside.port) for line, name in enumerate(names, start=1)]
            scans = list(run(targets, config))
    assert next(reached) == 0
    assert next(asked) == 1
    by_name = {each.target.host: each for each in scans if each.status is not Status.EXCLUDED}
    assert by_name.keys() == {"rebinds.example", "mixed.example"}
    assert all(each.address == "127.74.2.1" for each in by_name.values())
    excluded = [each.target.host for each in scans if each.status is Status.EXCLUDED]
    assert sorted(excluded) == (["inside.example", "mixed.example"] if all_ips else ["inside.example"])
