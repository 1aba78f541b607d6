"""A real server behind a relay that closes some of the connections before they reach it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Collection
from itertools import count
from pathlib import Path

import pytest

from tests.hostile.servers import Behaviour, serving
from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, Running, stack
from tlsprobe.engines.local import run
from tlsprobe.facts import FormAccepted, PremasterZeros, Status
from tlsprobe.inventory import Target
from tlsprobe.scan import ScanConfig


def relay(server: Running, closed: Collection[int], *, versions: Collection[int] = (1, 2, 3)) -> Behaviour:
    """Pass bytes on, but close the connections of these numbers, and hellos of other versions 3.x."""
    numbers = count(1)

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def behave(connection: socket.socket) -> None:
        hello = connection.recv(65536)
        if next(numbers) in closed or hello[10] not in versions:
            return
        with socket.create_connection((server.address, server.port), timeout=10) as behind:
            behind.sendall(hello)
            back = threading.Thread(target=pump, args=(behind, connection), daemon=True)
            back.start()
            pump(connection, behind)
            back.join(10)

    return behave


@pytest.mark.parametrize(
    ("closed", "complete"), [((5, 6), True), (range(5, 1000), False)], ids=["two", "all-from-the-fifth"]
)
def test_closes_are_no_end_of_the_list(tmp_path: Path, closed: Collection[int], complete: bool) -> None:
    credentials = make_credentials(tmp_path)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    with (
        stack("python").start("127.68.0.1", tmp_path / "server", credentials, options) as server,
        serving("127.68.0.2", relay(server, closed)) as place,
    ):
        (scan,) = run([Target(1, place.host, place.port)], ScanConfig())
    assert scan.dhe is not None
    assert scan.dhe.complete is complete
    assert len(scan.dhe.accepted) == (13 if complete else 3)
    assert (scan.status is Status.ASSESSED) is complete


def test_what_was_taken_stays_proven_when_the_last_control_fails(tmp_path: Path) -> None:
    credentials = make_credentials(tmp_path)
    options = Options(dh_file=credentials.dh_files["rfc3526-2048"])
    before = 1 + 13 + 3 + 6  # up to the second refusal of a kept zero; then comes the control
    with (
        stack("python").start("127.68.1.1", tmp_path / "server", credentials, options) as server,
        serving("127.68.1.2", relay(server, range(before + 1, 1000))) as place,
    ):
        (scan,) = run([Target(1, place.host, place.port)], ScanConfig())
    assert scan.zeros is not None
    assert scan.zeros.short_client_share is FormAccepted.ACCEPTED
    assert scan.zeros.padded_client_share is FormAccepted.ACCEPTED
    assert scan.zeros.premaster_zeros is PremasterZeros.INCONCLUSIVE
    assert scan.zeros.reason == "control-failed"


def test_a_server_that_closes_on_all_but_tls_10_is_no_stranger(tmp_path: Path) -> None:
    credentials = make_credentials(tmp_path)
    dh_file = credentials.dh_files["rfc3526-2048"]
    options = Options(lowest="1.0", highest="1.0", dh_file=dh_file)
    with (
        stack("openssl").start("127.68.2.1", tmp_path / "server", credentials, options) as server,
        serving("127.68.2.2", relay(server, (), versions=(1,))) as place,
    ):
        (scan,) = run([Target(1, place.host, place.port)], ScanConfig())
    assert scan.status is Status.ASSESSED, (scan.status, scan.status_reason)
    assert scan.dhe is not None
    assert {each.version for each in scan.dhe.accepted} == {0x0301}
