"""A mail server that has too many connections now and then: it is asked again, later and more slowly."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.hostile.servers import Behaviour, passes_on, serving
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import PremasterZeros, ServerScan, Status
from tlsprobe.inventory import StartTls, Target
from tlsprobe.limits import Limits
from tlsprobe.probes import interview
from tlsprobe.scan import ScanConfig


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("busy")
    credentials = make_credentials(root)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with stack("python").start("127.69.3.1", root / "server", credentials, options) as running:
        yield running


def smtp_before(server: Running, is_busy: Callable[[int], bool]) -> Behaviour:
    """SMTP as far as STARTTLS, then the real server; 421 on the connections that are picked out."""
    numbers = count(1)
    behind = passes_on(server.address, server.port, but=lambda _: False, to=lambda _: None)

    def behave(connection: socket.socket) -> None:
        if is_busy(next(numbers)):
            connection.sendall(b"421 too many connections\r\n")
            return
        for said in (b"220 mail ESMTP\r\n", b"250-mail\r\n250 STARTTLS\r\n"):
            connection.sendall(said)
            connection.recv(1024)
        connection.sendall(b"220 go on\r\n")
        behind(connection)

    return behave


def scan(behave: Behaviour, host: str) -> ServerScan:
    limits = Limits(rate=100_000.0)
    with serving(host, behave) as place:
        target = Target(1, place.host, place.port, starttls=StartTls.SMTP)
        (done,) = run([target], ScanConfig(limits=limits, clients=(), questions=()))
    return done


def test_busy_for_a_moment_is_no_answer_about_tls(server: Running) -> None:
    done = scan(smtp_before(server, lambda number: number in (3, 9)), "127.69.3.2")
    assert done.status is Status.ASSESSED
    assert done.zeros is not None
    assert done.zeros.premaster_zeros is PremasterZeros.STRIPPED
    undisturbed = scan(smtp_before(server, lambda _: False), "127.69.3.3")
    assert done.dhe == undisturbed.dhe
    assert done.connections == undisturbed.connections + 2


def test_busy_all_the_time_is_unreachable_and_says_so(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(interview.RETRY_DELAYS_S, "busy", (0.1, 0.1, 0.1))
    done = scan(smtp_before(server, lambda _: True), "127.69.3.4")
    assert (done.status, done.status_reason) == (Status.UNREACHABLE, "busy")
    assert done.connections == 1 + len(interview.RETRY_DELAYS_S["busy"])
    assert "too many connections" in done.detail
