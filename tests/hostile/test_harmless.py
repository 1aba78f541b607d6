"""What reaches a server, measured there: how much, how fast, how well-formed, and nothing after a stop."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest

from tests.hostile import servers as hostile
from tests.hostile.servers import Behaviour, passes_on, serving
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import StartTls, Target
from tlsprobe.limits import Limits
from tlsprobe.probes import interview
from tlsprobe.probes.interview import ALIVE_DELAYS_S, MAX_RESETS
from tlsprobe.scan import ScanConfig, budget
from tlsprobe.tls.constants import ContentType, HandshakeType
from tlsprobe.tls.messages import ClientHello
from tlsprobe.tls.record import MAX_PLAINTEXT, Record, RecordReader

with warnings.catch_warnings(action="ignore"):  # it imports asyncore
    from tlslite.messages import ClientHello as TlsliteHello
    from tlslite.utils.codec import Parser

ESTABLISHED = b"\x01"  # TCP_ESTABLISHED of Linux


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("harmless")
    credentials = make_credentials(root)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.73.0.1", root / "server", credentials, options) as running:
        yield running


@dataclass
class Counted:
    """Connections as a server sees them: when each began, how many were open, what the client sent."""

    began: list[float] = field(default_factory=list)
    open: list[socket.socket] = field(default_factory=list)
    most_open: int = 0
    sent: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def relay(self, server: Running) -> Behaviour:
        """Pass everything on, and count."""

        def behave(connection: socket.socket) -> None:
            with self.lock:
                self.began.append(time.monotonic())
                self.open[:] = [*filter(is_open, self.open), connection]
                self.most_open = max(self.most_open, len(self.open))
            said = bytearray()
            try:
                with socket.create_connection((server.address, server.port), timeout=10) as behind:
                    back = threading.Thread(target=pump, args=(behind, connection, bytearray()), daemon=True)
                    back.start()
                    pump(connection, behind, said)
                    back.join(10)
            finally:
                self.sent.append(bytes(said))
                self.over.release()

        return behave


def is_open(connection: socket.socket) -> bool:
    """Whether the client has neither closed nor reset it, by the kernel's own state of it."""
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == ESTABLISHED
    except OSError:
        return False


def pump(source: socket.socket, sink: socket.socket, said: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            said += data
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def counted(server: Running) -> tuple[Counted, list[ServerScan], ScanConfig]:
    """Four names at one address, with all that is on by default, and samples, which are drawn in parallel."""
    counted = Counted()
    limits = Limits(connections_per_host=3, rate=120.0, burst=40)
    config = ScanConfig(limits=limits, samples=24)
    with serving("127.73.0.2", counted.relay(server)) as place:
        names = [f"{number}.example" for number in range(4)]
        targets = [Target(line, place.host, place.port, name) for line, name in enumerate(names, start=1)]
        scans = list(run(targets, config))
        for _ in range(sum(each.connections for each in scans)):
            assert counted.over.acquire(timeout=20)  # its thread may be behind
    return counted, scans, config


def test_no_more_connections_than_the_budget_and_all_are_counted(
    counted: tuple[Counted, list[ServerScan], ScanConfig],
) -> None:
    at_the_server, scans, config = counted
    assert {each.status for each in scans} == {Status.ASSESSED}
    assert all(each.connections <= budget(config).most for each in scans)
    assert len(at_the_server.began) == sum(each.connections for each in scans)


def test_no_more_at_a_time_and_no_faster_than_the_limits(
    counted: tuple[Counted, list[ServerScan], ScanConfig],
) -> None:
    """In any stretch of time no more came than the burst and what the rate allows besides."""
    at_the_server, _, config = counted
    assert at_the_server.most_open <= config.limits.connections_per_host
    began = sorted(at_the_server.began)
    late_s = 0.2  # by which the server's thread may have seen a connection later than it was made
    for first, start in enumerate(began):
        for number, when in enumerate(began[first:], start=1):
            assert number <= config.limits.burst + config.limits.rate * (when - start + late_s) + 1


def records_of(sent: bytes) -> list[Record]:
    """Read all that a client sent; a rest that is no record is an error."""
    reader = RecordReader()
    reader.feed(sent)
    records = []
    while (each := reader.next_record()) is not None:
        records.append(each)
    assert b"".join(each.serialise() for each in records) == sent
    return records


def test_every_record_and_hello_is_well_formed(
    counted: tuple[Counted, list[ServerScan], ScanConfig],
) -> None:
    """By our own parser, and by tlslite-ng's, which writes it again byte for byte."""
    at_the_server, _, _ = counted
    assert len(at_the_server.sent) == len(at_the_server.began)
    randoms = set()
    for sent in at_the_server.sent:
        records = records_of(sent)
        assert all(0 < len(each.fragment) <= MAX_PLAINTEXT for each in records)
        hello, *rest = records
        assert hello.kind == ContentType.HANDSHAKE
        assert hello.fragment[0] == HandshakeType.CLIENT_HELLO
        assert int.from_bytes(hello.fragment[1:4], "big") == len(hello.fragment) - 4
        ours = ClientHello.parse(hello.fragment[4:])
        theirs = TlsliteHello().parse(Parser(bytearray(hello.fragment[1:])))
        assert bytes(theirs.write()) == hello.fragment
        assert tuple(theirs.cipher_suites) == ours.cipher_suites
        assert [each.extType for each in theirs.extensions or ()] == [
            each.kind for each in ours.extensions or ()
        ]
        assert len(set(ours.cipher_suites)) == len(ours.cipher_suites)
        kinds = [each.kind for each in ours.extensions or ()]
        assert len(set(kinds)) == len(kinds)
        randoms.add(ours.random)
        # Nothing more, or a flight, an alert and what is said over TLS.
        assert not rest or rest[0].kind in (ContentType.HANDSHAKE, ContentType.ALERT, 20)
    assert len(randoms) == len(at_the_server.sent)


# ---- a server that says stop


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often is asked again is tested here, not how long is waited."""
    for reason, delays in ALIVE_DELAYS_S.items():
        monkeypatch.setitem(interview.ALIVE_DELAYS_S, reason, tuple(0.01 for _ in delays))


def stops(server: Running, after: int, stop: Behaviour, *, smtp: bool) -> tuple[ServerScan, int]:
    """Scan a server that stops after so many connections; return how many came then."""
    numbers, later = count(1), count()
    behind = passes_on(server.address, server.port, but=lambda _: False, to=lambda _: None)

    def behave(connection: socket.socket) -> None:
        if next(numbers) > after:
            next(later)
            return stop(connection)
        if smtp:
            for said in (b"220 mail ESMTP\r\n", b"250-mail\r\n250 STARTTLS\r\n"):
                connection.sendall(said)
                connection.recv(1024)
            connection.sendall(b"220 go on\r\n")
        return behind(connection)

    with serving("127.73.0.3", behave) as place:
        protocol = StartTls.SMTP if smtp else StartTls.NONE
        target = Target(1, place.host, place.port, starttls=protocol)
        (done,) = run([target], ScanConfig(limits=Limits(rate=100_000.0)))
    return done, next(later)


BUSY, NO = hostile.greets(b"421 too many connections\r\n"), hostile.greets(b"554 no\r\n")


@pytest.mark.parametrize("after", [1, 9, 25, 40, 70])
@pytest.mark.parametrize(
    ("stop", "smtp", "most"),
    [
        (BUSY, True, 1 + len(ALIVE_DELAYS_S["busy"])),
        (NO, True, 1),
        # A reset is how some refuse, so what was answered before is asked once more.
        (hostile.resets, False, MAX_RESETS + 1),
    ],
    ids=["421", "554", "reset"],
)
def test_nothing_comes_after_a_stop(
    server: Running, quick: None, after: int, stop: Behaviour, smtp: bool, most: int
) -> None:
    done, later = stops(server, after, stop, smtp=smtp)
    assert later <= most
    assert done.connections <= after + most
    assert after > 60 or done.status is Status.PARTLY_ASSESSED


def test_three_resets_and_never_a_server_hello_are_the_end() -> None:
    times = count()

    def behave(connection: socket.socket) -> None:
        next(times)
        hostile.resets(connection)

    with serving("127.73.0.4", behave) as place:
        (done,) = run([Target(1, place.host, place.port)], ScanConfig())
    assert done.status_reason == "reset"
    assert next(times) == done.connections == MAX_RESETS


def test_a_server_that_refuses_dhe_by_resets_is_still_read(server: Running) -> None:
    """Old Windows resets where it has no suite: with controls between, that is an answer."""

    def is_dhe(hello: ClientHello) -> bool:
        return 0xC02F not in hello.cipher_suites and 0xC014 not in hello.cipher_suites

    behave = passes_on(server.address, server.port, but=is_dhe, to=hostile.resets)
    with serving("127.73.0.5", behave) as place:
        config = ScanConfig(limits=Limits(rate=100_000.0))
        (done,) = run([Target(1, place.host, place.port)], config)
    assert (done.status, done.status_reason) == (Status.ASSESSED, "")
    assert done.dhe is not None
    assert (done.dhe.complete, done.dhe.accepted) == (True, ())
    assert done.connections <= budget(config).most
