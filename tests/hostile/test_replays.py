"""A server that fails among the clients' offers: what was not answered is not taken for an answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.hostile.servers import Behaviour, passes_on, record, serving
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import Landed, RefusedByServer, ServerScan, Status, Unclear
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.rules import FixSide, Severity, advise, judge
from tlsprobe.scan import ScanConfig
from tlsprobe.tls.constants import ALERT_PROTOCOL_VERSION
from tlsprobe.tls.messages import ClientHello

ECDHE_CBC = 0xC028  # of old Windows; no probe but the replays offers it
PROTOCOL_VERSION = record(21, bytes((2, ALERT_PROTOCOL_VERSION)))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("replays")
    credentials = make_credentials(root)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("openssl").start("127.69.2.1", root / "server", credentials, options) as running:
        yield running


@dataclass(slots=True)
class Nth:
    """Picks out the hellos of old Windows: from the `first` to the `last`, or all connections after that."""

    first: int
    last: int | None = None
    seen: int = field(default=0)

    def __call__(self, hello: ClientHello) -> bool:
        if self.last is None and self.seen >= self.first:
            return True
        self.seen += ECDHE_CBC in hello.cipher_suites
        if ECDHE_CBC not in hello.cipher_suites:
            return False
        return self.first <= self.seen and (self.last is None or self.seen <= self.last)


def closes(connection: socket.socket) -> None:
    connection.recv(65536)


def says_protocol_version(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(PROTOCOL_VERSION)


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def scan(server: Running, host: str, which: Nth, to: Behaviour, deadline_s: float = 60.0) -> ServerScan:
    behave = passes_on(server.address, server.port, but=which, to=to)
    limits = Limits(rate=100_000.0, timeout_s=2.0)
    with serving(host, behave) as place:
        (done,) = run([Target(1, place.host, place.port)], ScanConfig(limits=limits, deadline_s=deadline_s))
    return done


def landed(done: ServerScan) -> set[str]:
    return {each.client for each in done.landings if isinstance(each.as_offered, Landed)}


def refused(done: ServerScan) -> set[str]:
    return {each.client for each in done.landings if each.as_offered == RefusedByServer(None)}


@pytest.mark.parametrize("first", [1, 3])
def test_one_that_has_had_enough_has_not_refused_the_clients(server: Running, first: int) -> None:
    done = scan(server, f"127.69.2.{10 + first}", Nth(first), closes)
    assert (done.status, done.status_reason) == (Status.PARTLY_ASSESSED, "landings-unclear")
    assert refused(done) == set()
    assert "chrome" not in landed(done)
    findings = judge(done)
    assert findings[0].severity is Severity.HIGH
    assert "DHE004" in {each.rule for each in findings}
    assert advise(done, findings).side is FixSide.UNKNOWN


def test_a_bare_close_is_a_refusal_where_the_server_still_answers_others(server: Running) -> None:
    done = scan(server, "127.69.2.20", Nth(1, 2), closes)
    assert done.status is Status.ASSESSED
    assert len(refused(done)) == 1
    assert "chrome" in landed(done)


def test_a_version_that_the_server_speaks_is_not_ruled_out_by_one_alert(server: Running) -> None:
    """Behind one address there may be a server of TLS 1.3 alone."""
    done = scan(server, "127.69.2.30", Nth(1, 1), says_protocol_version)
    assert {"windows-8", "windows-8.1", "windows-phone-8.1"} <= landed(done)


def test_a_deadline_among_the_offers_leaves_the_rest_unknown(server: Running) -> None:
    done = scan(server, "127.69.2.40", Nth(3), silent, deadline_s=1.5)
    assert (done.status, done.status_reason) == (Status.PARTLY_ASSESSED, "deadline")
    assert len(done.landings) == sum(len(each.offers) for each in ScanConfig().clients)
    assert Unclear("deadline") in {each.as_offered for each in done.landings}
    findings = judge(done)
    assert "DHE004" in {each.rule for each in findings}
    assert advise(done, findings).side is FixSide.UNKNOWN
