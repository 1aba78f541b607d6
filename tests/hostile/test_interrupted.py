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
from tlsprobe.facts import Status
from tlsprobe.inventory import Target
from tlsprobe.scan import ScanConfig


def relay(server: Running, closed: Collection[int]) -> Behaviour:
    """Pass bytes on, but close the connections of these numbers after their hello."""
    numbers = count(1)

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def behave(connection: socket.socket) -> None:
        if next(numbers) in closed:
            connection.recv(65536)
            return
        with socket.create_connection((server.address, server.port), timeout=10) as behind:
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
